"""A machine of the run's own: mounts, network and processes that nobody outside sees, and that end with the run.

Linux gives that to root, and to others where user namespaces are allowed. Servers listen on one address; each service
lives behind a link of its own, which can be cut.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from revcycle.stack.options import HOST
from revcycle.stack.topics import SERVICES

INSIDE = "REVCYCLE_CHAOS_INSIDE"
SERVERS_ADDRESS = "10.77.0.1"
TOOLS = ("unshare", "setpriv", "ip", "mount")
NAMESPACES = ("--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
TRY = (
    "mount -t tmpfs none /run && ip link set lo up && ip netns add try && ip link add try0 type veth peer name try1 "
    "netns try && mount -t tmpfs -o size=4m none /mnt"
)
DISK_BYTES = 1 << 30


def why_not() -> str | None:
    """Why a run cannot have a machine of its own here; None where it can."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"{', '.join(missing)} not found"
    tried = subprocess.run([*_unshare(), "sh", "-c", TRY], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"needs root, or user namespaces: {tried.stderr.strip()[:120]}"


def run_inside(arguments: Sequence[str]) -> int:
    """Run this command again on a machine of its own, which ends with this process however that ends; its exit code."""
    words = ["setpriv", "--pdeathsig", "KILL", *_unshare(), sys.executable, "-m", "tests.chaos", *arguments]
    return subprocess.run(words, env={**os.environ, INSIDE: "1"}, check=False).returncode


def is_inside() -> bool:
    return os.environ.get(INSIDE) == "1"


def _unshare() -> list[str]:
    return ["unshare", *NAMESPACES, *(() if os.geteuid() == 0 else ("--map-root-user",))]


class Machine:
    """The machine that a run has: its own, or the one that everybody shares."""

    own = False
    servers_address = HOST

    def host(self, _service: str) -> str:
        """Where a service listens."""
        return HOST

    def prefix(self, _service: str) -> tuple[str, ...]:
        """What stands before the command of a service."""
        return ()

    def mount(self, folder: Path) -> None:
        """Give the folder a disk of its own, where that can be had."""

    def unmount(self, folder: Path) -> None:
        """Take it away with all that is on it."""

    def reserve(self, ports: Sequence[int]) -> None:
        """Keep these ports for servers: a killed one must find its port free when it comes back."""

    def cut(self, service: str) -> None:
        """Cut the link of a service."""
        raise NotImplementedError

    def mend(self, service: str) -> None:
        """Mend it."""
        raise NotImplementedError


class OwnMachine(Machine):
    """Inside namespaces made for this run."""

    own = True
    servers_address = SERVERS_ADDRESS

    def __init__(self) -> None:
        _do("mount", "-t", "tmpfs", "none", "/run")  # where `ip` keeps its names: those of the machine stay as they are
        _do("ip", "link", "set", "lo", "up")
        _do("ip", "address", "add", f"{SERVERS_ADDRESS}/32", "dev", "lo")
        for number, service in enumerate(SERVICES, start=1):
            near, far = f"10.77.{number}.1", self.host(service)
            _do("ip", "netns", "add", service)
            _do("ip", "link", "add", _link(service), "type", "veth", "peer", "name", "eth0", "netns", service)
            _do("ip", "address", "add", f"{near}/30", "dev", _link(service))
            _do("ip", "link", "set", _link(service), "up")
            _do("ip", "-n", service, "link", "set", "lo", "up")
            _do("ip", "-n", service, "address", "add", f"{far}/30", "dev", "eth0")
            _do("ip", "-n", service, "link", "set", "eth0", "up")
            _do("ip", "-n", service, "route", "add", "default", "via", near)

    def host(self, service: str) -> str:
        return f"10.77.{SERVICES.index(service) + 1}.2" if service in SERVICES else SERVERS_ADDRESS

    def prefix(self, service: str) -> tuple[str, ...]:
        return ("ip", "netns", "exec", service) if service in SERVICES else ()

    def mount(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        _do("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "none", str(folder))

    def unmount(self, folder: Path) -> None:
        _do("umount", str(folder))

    def reserve(self, ports: Sequence[int]) -> None:
        Path("/proc/sys/net/ipv4/ip_local_reserved_ports").write_text(",".join(map(str, ports)))

    def cut(self, service: str) -> None:
        _do("ip", "link", "set", _link(service), "down")

    def mend(self, service: str) -> None:
        _do("ip", "link", "set", _link(service), "up")


def _link(service: str) -> str:
    return f"to-{service}"[:15]


def _do(*words: str) -> None:
    subprocess.run(words, check=True)

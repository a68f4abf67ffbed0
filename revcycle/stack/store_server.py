"""Which MongoDB-wire server holds the local stack's data: SecantusDB from its wheel, or its Rust build if there is one.

The Rust build answers the same requests for a quarter of the processor time or less. It needs a Rust compiler, so it
is never required: `make store` builds it once, into a cache. The two keep their files in different forms; each has its
own folder, and a stack goes on with the server it began with.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from revcycle.refusal import RefusalError

RUST_CRATE = "secantus-mdb"
RUST_VERSION = "0.5.3-beta.196"
RUST_FOLDER = "rust"


class StoreServer(NamedTuple):
    """How to run one."""

    argv: tuple[str, ...]
    folder: Path
    one_core: bool
    pool_size: int | None
    """Connections of a service; None for the usual number."""


def cached_binary() -> Path:
    """Where `make store` puts the Rust build. REVCYCLE_CACHE moves the cache."""
    cache = Path(os.environ.get("REVCYCLE_CACHE") or Path.home() / ".cache" / "revcycle")
    return cache / f"{RUST_CRATE}-{RUST_VERSION}" / "bin" / "secantusd-rs"


def store_server(data: Path) -> StoreServer:
    """The server for a stack's data folder: the one it began with, else the fastest there is."""
    rust, folder = cached_binary(), data / RUST_FOLDER
    if folder.exists():
        if not rust.exists():
            msg = f"{folder} needs {RUST_CRATE} {RUST_VERSION}, which is gone: run `make store`, or remove the data."
            raise RefusalError(msg)
        return StoreServer((str(rust),), folder, one_core=False, pool_size=None)
    if rust.exists() and not (data.exists() and any(data.iterdir())):
        return StoreServer((str(rust),), folder, one_core=False, pool_size=None)
    # It serves one request at a time: more cores and more connections only make it switch threads.
    return StoreServer((sys.executable, _script()), data, one_core=True, pool_size=1)


def build() -> None:
    """Build the Rust build into the cache, if it is not there. RefusalError where there is no Rust compiler."""
    binary = cached_binary()
    if binary.exists():
        print(f"{binary} is there already")
        return
    cargo = shutil.which("cargo")
    if cargo is None:
        raise RefusalError(f"{RUST_CRATE} is built by cargo, which is not here: install Rust 1.95 or newer.")
    # Its own minimum of the compiler is newer than what it uses: 1.95 builds it.
    what = ("--version", RUST_VERSION, "--locked", "--ignore-rust-version")
    root = binary.parent.parent
    subprocess.run((cargo, "install", RUST_CRATE, *what, "--root", str(root)), check=True)


def _script() -> str:
    script = Path(sys.executable).parent / "secantusd-py"
    if not script.exists():
        raise RefusalError("No local store is installed: install revcycle[local], or give one with --mongo URL.")
    return str(script)


if __name__ == "__main__":
    try:
        build()
    except RefusalError as refusal:
        sys.exit(str(refusal))
    except subprocess.CalledProcessError as failed:
        sys.exit(f"cargo ended with {failed.returncode}: what it printed says why")

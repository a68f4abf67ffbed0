"""Where Apache Kafka comes from: its jars, by the coordinates in `deploy/kafka/pom.xml`, kept in a cache folder.

Every jar is compared with `deploy/kafka/jars.lock` when it arrives. Once the cache is filled, Maven is not asked again.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from revcycle.refusal import RefusalError

HOME = Path(__file__).resolve().parents[2] / "deploy" / "kafka"
CACHE_VARIABLE = "REVCYCLE_KAFKA_CACHE"
JAVA_MIN = 17
LINES_SHOWN = 12
MAVEN_SECONDS = 300


def version() -> str:
    """The release in the pom, for example 4.3.1. RefusalError outside a checkout."""
    pom = HOME / "pom.xml"
    if not pom.exists():
        raise RefusalError(f"Apache Kafka is run from a checkout of RevCycle: {pom} is missing.")
    found = ET.parse(pom).findtext(".//{*}kafka.version")  # noqa: S314 - our own file
    assert found, f"{pom} names no kafka.version"
    return found


def cache_folder() -> Path:
    """Where this release's jars lie: `$REVCYCLE_KAFKA_CACHE/<version>`, or below `~/.cache/revcycle/kafka`."""
    chosen = os.environ.get(CACHE_VARIABLE)
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "revcycle" / "kafka"
    return (Path(chosen) if chosen else base) / version()


def find_java() -> str:
    """A Java that can run Kafka's servers. RefusalError saying what to install where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    install = f"install Java {JAVA_MIN} or later (Debian: apt-get install default-jre-headless)"
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        raise RefusalError(f"Apache Kafka needs Java, and {java} does not run: {install}.") from None
    release = re.search(r'version "(?:1\.)?(\d+)', said)
    if release is None or int(release[1]) < JAVA_MIN:
        raise RefusalError(f"Apache Kafka needs a later Java than {java} ({said.splitlines()[0]}): {install}.")
    return java


def fetch_jars() -> Path:
    """The folder of jars, filled by Maven where it is not yet.

    RefusalError where Maven is missing or fails, or where a jar is another than the lock says.
    """
    folder, lock = cache_folder(), read_lock()
    if is_complete(folder, lock):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder.parent) as draft:
        fetched = Path(draft) / "jars"
        _run_maven(fetched)
        compare(fetched, lock)
        shutil.rmtree(folder, ignore_errors=True)
        fetched.rename(folder)
    return folder


def is_complete(folder: Path, lock: Mapping[str, str]) -> bool:
    return folder.is_dir() and {path.name for path in folder.iterdir()} == set(lock)


def read_lock() -> dict[str, str]:
    """SHA-256 by file name, as `sha256sum` writes them."""
    version()
    pairs = (line.split() for line in (HOME / "jars.lock").read_text().splitlines())
    return {name: digest for digest, name in pairs}


def compare(folder: Path, lock: Mapping[str, str]) -> None:
    """RefusalError naming every jar that is missing, unknown or changed."""
    found = {path.name: _digest(path) for path in folder.iterdir()}
    wrong = sorted(name for name in lock.keys() | found.keys() if lock.get(name) != found.get(name))
    if wrong:
        raise RefusalError(
            f"What Maven fetched is not what {HOME / 'jars.lock'} holds: {', '.join(wrong)}. "
            "After a change of pom.xml, write the lock again: python -m revcycle.kafka --lock."
        )


def write_lock() -> int:
    """After a change of the pom: fetch what it says now, and write the lock anew; how many jars it holds."""
    with tempfile.TemporaryDirectory() as draft:
        _run_maven(Path(draft))
        digests = {path.name: _digest(path) for path in sorted(Path(draft).iterdir())}
    (HOME / "jars.lock").write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()))
    return len(digests)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run_maven(folder: Path) -> None:
    if (maven := shutil.which("mvn")) is None:
        raise RefusalError(
            f"Apache Kafka is not in {cache_folder()} yet, and there is no Maven (mvn) to fetch it with: "
            f"install it (Debian: apt-get install maven), or name a filled cache with {CACHE_VARIABLE}."
        )
    words = ["-B", "-q", "-ntp", "-f", str(HOME / "pom.xml"), "dependency:copy-dependencies"]
    # The pom stands in a folder of its own, and Maven writes nothing beside it.
    argv = [maven, *words, f"-DoutputDirectory={folder}"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=MAVEN_SECONDS)
    except subprocess.TimeoutExpired:
        raise RefusalError(f"Maven did not fetch Apache Kafka within {MAVEN_SECONDS} seconds: try again.") from None
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[:LINES_SHOWN]
        raise RefusalError("\n".join(["Maven could not fetch Apache Kafka:", *(f"  {line}" for line in lines)]))

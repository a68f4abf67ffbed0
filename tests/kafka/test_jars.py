"""Fetching Kafka: what is missing is named with what to install, and a changed jar is refused."""

import hashlib
from pathlib import Path

import pytest

from revcycle.kafka import jars
from revcycle.refusal import RefusalError


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder and a PATH with nothing in them."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv(jars.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return tmp_path / "cache" / jars.version()


def program(name: str, folder: Path, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_missing_programs_are_named_with_what_to_install(empty_cache: Path) -> None:
    with pytest.raises(RefusalError, match=r"install Java 17 or later \(Debian: apt-get install default-jre-headless"):
        jars.find_java()
    with pytest.raises(RefusalError, match=r"there is no Maven .*apt-get install maven.*REVCYCLE_KAFKA_CACHE"):
        jars.fetch_jars()


@pytest.mark.parametrize(("said", "usable"), [("17.0.15", True), ("21", True), ("1.8.0_402", False), ("11.0.2", False)])
def test_an_old_java_is_refused(empty_cache: Path, tmp_path: Path, said: str, usable: bool) -> None:
    program("java", tmp_path / "bin", f"echo 'openjdk version \"{said}\"' >&2")
    if usable:
        assert jars.find_java() == "java"
    else:
        with pytest.raises(RefusalError, match="later Java"):
            jars.find_java()


def test_what_maven_says_of_its_failure_is_shown(empty_cache: Path, tmp_path: Path) -> None:
    program("mvn", tmp_path / "bin", "echo '[ERROR] the network is away'; exit 1")
    with pytest.raises(RefusalError, match=r"(?s)could not fetch Apache Kafka.*the network is away"):
        jars.fetch_jars()
    assert not empty_cache.exists(), "a half-filled cache would be taken for a full one"


def test_a_full_cache_needs_no_maven(empty_cache: Path) -> None:
    empty_cache.mkdir(parents=True)
    for name in jars.read_lock():
        (empty_cache / name).touch()
    assert jars.fetch_jars() == empty_cache
    (empty_cache / next(iter(jars.read_lock()))).unlink()
    with pytest.raises(RefusalError, match="no Maven"):
        jars.fetch_jars()


def test_changed_missing_and_unknown_jars_are_named(tmp_path: Path) -> None:
    (tmp_path / "same.jar").write_bytes(b"same")
    (tmp_path / "changed.jar").write_bytes(b"other")
    (tmp_path / "unknown.jar").write_bytes(b"?")
    digest = hashlib.sha256(b"same").hexdigest()
    lock = {"same.jar": digest, "changed.jar": digest, "missing.jar": digest}
    with pytest.raises(RefusalError, match=r"holds: changed\.jar, missing\.jar, unknown\.jar\."):
        jars.compare(tmp_path, lock)

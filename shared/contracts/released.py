"""The contract as it was last released, and what a change of it needs.

Versions are semantic (semver.org): until 1.0.0 a break needs another second number, from then on another first one.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import TYPES
from .compatibility import Break, Schema, breaks, without_annotations
from .schemas import schema_of

FILE = Path(__file__).parent / "released.json"
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


class NotAReleaseError(ValueError):
    """A file or a version that is none of a released contract."""


@dataclass(frozen=True, slots=True)
class Release:
    """A released contract: its version, and the schema of each type, without words."""

    version: str
    schemas: Mapping[str, Schema]

    @classmethod
    def of_today(cls, version: str) -> "Release":
        """What would be released now, as version `1.2.3`. Raises NotAReleaseError when that is no version."""
        _parts(version)
        return cls(version, {name: without_annotations(schema) for name, schema in sorted(current_schemas().items())})

    @classmethod
    def read(cls, text: str) -> "Release":
        """A release as `written` wrote it. Raises NotAReleaseError for anything else."""
        try:
            held: Any = json.loads(text)
            release = cls(str(held["version"]), dict(held["schemas"]))
        except (ValueError, KeyError, TypeError):
            msg = "not a released contract: JSON with `version` and `schemas`, as `revcycle contracts release` writes"
            raise NotAReleaseError(msg) from None
        _parts(release.version)
        return release

    def written(self) -> str:
        """The release as text."""
        return json.dumps({"version": self.version, "schemas": self.schemas}, indent=1, sort_keys=True) + "\n"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a released contract: the breaks, and whether the version says that there are any."""

    released: str
    version: str
    breaks: tuple[Break, ...]

    @property
    def holds(self) -> bool:
        return not self.breaks or may_break(self.released, self.version)


def judge(release: Release, version: str) -> Verdict:
    """Hold today's contract, which calls itself `version`, against a release. Raises NotAReleaseError."""
    _parts(version)
    return Verdict(release.version, version, tuple(breaks(release.schemas, current_schemas())))


def current_schemas() -> dict[str, dict[str, Any]]:
    """What is sent today, by type: the closed schemas of the producers."""
    return {name: schema_of(event, "producer") for name, event in TYPES.items()}


def may_break(released: str, version: str) -> bool:
    """Whether a version announces a break of a released one."""
    (was_major, was_minor, _), (major, minor, _) = _parts(released), _parts(version)
    return (major, minor) > (was_major, was_minor) if was_major == major == 0 else major > was_major


def _parts(version: str) -> tuple[int, int, int]:
    match = _VERSION.fullmatch(version)
    if match is None:
        msg = f"{version!r} is not a version: three numbers, such as 1.4.0"
        raise NotAReleaseError(msg)
    major, minor, patch = map(int, match.groups())
    return major, minor, patch

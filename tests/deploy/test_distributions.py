"""Each distribution imports only what it declares: else the first image that starts would find out."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEMBERS = [
    "shared",
    "shared/contracts",
    "services/eligibility",
    "services/claims",
    "services/payments",
    "services/collections",
    "services/console",
    "sandbox",
    "revcycle",
]
OURS = {"shared": "revcycle-shared", "services": "", "sandbox": "revcycle-sandbox", "revcycle": "revcycle"}
OPTIONAL = {"motor", "opentelemetry", "samples", "openpyxl", "confluent-kafka"}
"""Imported only where it is selected (REVCYCLE_MONGO_DRIVER=motor, REVCYCLE_OTLP_ENDPOINT, `client="confluent"`), where
there is a clone (the demo's files), and where tables are written as workbooks (those services declare it)."""
CLIENTS = "on_*.py"
"""What a subscription works on, each imported when it is asked for; an extra of the contracts brings it."""


@pytest.mark.parametrize("member", MEMBERS)
def test_a_distribution_imports_only_what_it_declares(member: str) -> None:
    declared = {distribution(requirement) for requirement in requirements(member)}
    used = {name for file in sources(member) for name in imported_distributions(file)}
    extras = {"aiokafka"} if member == "shared/contracts" else set[str]()
    assert used - declared - OPTIONAL - extras == set()


def test_the_contracts_need_pydantic_and_nothing_else() -> None:
    assert [distribution(r) for r in requirements("shared/contracts")] == ["pydantic"]
    files = [file for file in sources("shared/contracts") if not file.match(CLIENTS)]
    absolute = {name for file in files for name, level in imports(file) if level == 0}
    assert {name.partition(".")[0] for name in absolute} - set(sys.stdlib_module_names) == {"pydantic"}


def requirements(member: str) -> list[str]:
    """Of the member, and of what it takes from shared."""
    project = tomllib.loads((ROOT / member / "pyproject.toml").read_text())["project"]
    found: list[str] = project["dependencies"]
    if member == "shared" or any(r.startswith("revcycle-shared[") for r in found):
        shared = tomllib.loads((ROOT / "shared" / "pyproject.toml").read_text())["project"]
        found = [*found, *shared["dependencies"], *shared["optional-dependencies"]["runtime"]]
    return found


def distribution(requirement: str) -> str:
    name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
    return name.lower().replace("_", "-")


def sources(member: str) -> list[Path]:
    files = list((ROOT / member).rglob("*.py"))
    assert files, f"{member} is empty"
    return files


def imported_distributions(file: Path) -> Iterator[str]:
    """The distributions that a file's imports come from, the standard library and itself left out."""
    for name, level in imports(file):
        top = name.partition(".")[0]
        if level or top in sys.stdlib_module_names or belongs_to(file, name):
            continue
        if top in OURS:
            yield OURS[top] or "revcycle-" + name.split(".")[1]
        else:
            yield from {each.lower().replace("_", "-") for each in providers().get(top, [top])}


@cache
def providers() -> Mapping[str, list[str]]:
    """Which distributions give which top-level module; looked up once, for it reads every installed file list.

    Nine share `opentelemetry`, which the extra `otel` brings: they count as one.
    """
    return {**packages_distributions(), "opentelemetry": ["opentelemetry"]}


def belongs_to(file: Path, module: str) -> bool:
    """Whether the module lies in the same member as the file."""
    return any((ROOT / module.replace(".", "/")).is_relative_to(ROOT / m) for m in MEMBERS if is_in(file, m))


def is_in(file: Path, member: str) -> bool:
    return file.is_relative_to(ROOT / member) and member != "shared/contracts"


def imports(file: Path) -> Iterator[tuple[str, int]]:
    """Every module a file imports, with the level of a relative import."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", node.level

"""What the documentation shows can be typed: commands, options, targets, imports and paths exist."""

import ast
import importlib.util
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import typer
from typer.core import TyperGroup

from revcycle.cli import app

ROOT = Path(__file__).parents[2]
PARTS = ("services/*", "shared", "sandbox", "samples", "revcycle")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *(page for part in PARTS for page in sorted(ROOT.glob(f"{part}/README.md"))),
]
SHELL = {"sh", "bash", "console"}
SHOWN = {"text", "toml", "yaml", "http", ""}
"""Languages that are only looked at; a drawing in plain characters names none."""
DIAGRAMS = {"flowchart", "graph", "sequenceDiagram", "stateDiagram-v2", "classDiagram", "erDiagram"}
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\S*)[^\n]*\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)


class Fence(NamedTuple):
    """A block of a page, and where it begins."""

    page: Path
    line: int
    language: str
    body: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def fences(*languages: str) -> list[Fence]:
    """Blocks of all pages in these languages; of every language when none is named."""
    return [fence for page in PAGES for fence in fences_of(page) if not languages or fence.language in languages]


def fences_of(page: Path) -> Iterator[Fence]:
    text = page.read_text()
    for found in FENCE.finditer(text):
        body = "".join(line.removeprefix(found["indent"]) for line in found["body"].splitlines(keepends=True))
        yield Fence(page, text.count("\n", 0, found.start()) + 1, found["language"], body)


def commands(fence: Fence) -> Iterator[list[str]]:
    """The words of each command of a shell block, without remarks, prompts and variables set before it."""
    for line in fence.body.replace("\\\n", " ").splitlines():
        if fence.language == "console" and not line.startswith("$ "):
            continue  # what the command printed
        words = shlex.split(line.removeprefix("$ "), comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        if words:
            yield words


def make_faults(words: list[str]) -> list[str]:
    return [w for w in words if "=" not in w and not w.startswith("-") and w not in TARGETS]


def revcycle_faults(words: list[str]) -> list[str]:
    """Subcommands and options that the command line does not have. What stands after `--` is another program's."""
    words = words[: words.index("--")] if "--" in words else words
    command = typer.main.get_command(app)
    names = (w for w in words if not w.startswith("-"))
    while isinstance(command, TyperGroup):
        subcommand = next(names, None)
        if subcommand is None:
            return []
        if subcommand not in command.commands:
            return [subcommand]
        command = command.commands[subcommand]
    known = {"--help"} | {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
    return [w for w in words if w.startswith("-") and w.partition("=")[0] not in known]


def module_faults(words: list[str]) -> list[str]:
    module = words[words.index("-m") + 1] if "-m" in words else None
    return [] if module is None or importlib.util.find_spec(module) else [module]


def faults(words: list[str]) -> list[str]:
    program, rest = Path(words[0]).name, words[1:]
    match program:
        case "make":
            return make_faults(rest)
        case "revcycle":
            return revcycle_faults(rest)
        case "python" | "python3":
            return module_faults(rest)
        case _:
            return [program]


def missing_imports(code: str) -> list[str]:
    """Names of this repository that a block imports and that do not exist."""
    missing: list[str] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            missing += [a.name for a in node.names if importlib.util.find_spec(a.name) is None]
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, "an example imports by full name"
            module = importlib.import_module(node.module)
            missing += [f"{node.module}.{a.name}" for a in node.names if not hasattr(module, a.name)]
    return missing


def test_every_block_names_its_language() -> None:
    known = {"python", "json", "mermaid"} | SHELL | SHOWN

    assert [str(fence) for fence in fences() if fence.language not in known] == []


def test_every_block_ends() -> None:
    odd = [str(p.relative_to(ROOT)) for p in PAGES if len(re.findall(r"^ *```", p.read_text(), re.MULTILINE)) % 2]

    assert odd == []


@pytest.mark.parametrize("fence", fences("python"), ids=str)
def test_python_compiles_and_its_imports_exist(fence: Fence) -> None:
    compile(fence.body, str(fence), "exec")

    assert missing_imports(fence.body) == []


@pytest.mark.parametrize("fence", fences(*SHELL), ids=str)
def test_commands_and_their_options_exist(fence: Fence) -> None:
    assert {shlex.join(words): wrong for words in commands(fence) if (wrong := faults(words))} == {}


@pytest.mark.parametrize("fence", fences("mermaid"), ids=str)
def test_a_diagram_is_of_a_known_kind(fence: Fence) -> None:
    assert fence.body.split(maxsplit=1)[0] in DIAGRAMS


def test_json_is_json() -> None:
    for fence in fences("json"):
        json.loads(fence.body)


def test_targets_and_commands_in_the_running_text_exist() -> None:
    wrong: list[str] = []
    for page in PAGES:
        for code in re.findall(r"`((?:\S*/)?(?:make|revcycle) [a-z][^`\n]*)`", FENCE.sub("", page.read_text())):
            words = shlex.split(code)
            wrong += [f"{page.relative_to(ROOT)}: {code}"] * bool(faults(words))

    assert wrong == []


def test_links_lead_to_files() -> None:
    wrong = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", FENCE.sub("", page.read_text()))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert wrong == []


def feature_rows() -> list[list[str]]:
    lines = (ROOT / "docs" / "features.md").read_text().splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| [A-Z]\d+ \|", line)
    ]


def test_every_feature_stands_once_with_a_state_and_its_test() -> None:
    rows = feature_rows()

    assert rows
    assert len({row[0] for row in rows}) == len(rows)
    assert {row[2] for row in rows} <= {"done", "part", "not yet"}
    assert [row[0] for row in rows if (row[2] == "not yet") != (row[3] == "–")] == []
    named = [one.strip("`") for row in rows if row[3] != "–" for one in row[3].split(", ")]
    assert [one for one in named if not has_test(one)] == []


def has_test(named: str) -> bool:
    """Whether a file of tests is there, and the test in it where one is named after `::`."""
    path, _, name = named.partition("::")
    return (ROOT / path).is_file() and (not name or f"def {name}(" in (ROOT / path).read_text())


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["make", "demo"], []),
        (["make", "nothing"], ["nothing"]),
        ([".venv/bin/revcycle", "demo", "--claims", "3", "--no-public"], []),
        (["revcycle", "demo", "--clams", "3"], ["--clams"]),
        (["revcycle", "dance"], ["dance"]),
        (["revcycle", "x12", "totals", "FILE", "--json"], []),
        (["revcycle", "x12", "totals", "--jason"], ["--jason"]),
        (["revcycle", "x12", "dance"], ["dance"]),
        (["python", "-m", "samples.nothing"], ["samples.nothing"]),
    ],
)
def test_a_planted_fault_is_found(words: list[str], wrong: list[str]) -> None:
    assert faults(words) == wrong

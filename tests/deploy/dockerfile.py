"""A small reader and runner of our Dockerfile, for machines without Docker.

It does what the instructions say in a folder: COPY copies, RUN runs, absolute paths lie below that folder. What only a
container can show (users, volumes, health checks) it reads and leaves.
"""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOTS = ("/build", "/app", "/state", "/var/lib/revcycle")
"""The absolute paths the Dockerfile writes to."""


class Instruction(NamedTuple):
    """One line of a Dockerfile, continuation lines joined."""

    word: str
    rest: str


def read_dockerfile(path: Path) -> list[Instruction]:
    """Instructions in order, without comments."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


@dataclass
class Stage:
    """A build stage as a folder: what the image's file system would gain."""

    folder: Path
    variables: dict[str, str]
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict[str, str])

    def path(self, absolute: str) -> Path:
        return self.folder / absolute.lstrip("/")


class Build:
    """Runs a Dockerfile's stages in order; `stages[-1]` is the image."""

    def __init__(self, context: Path, folder: Path, python_folder: Path, arguments: Mapping[str, str]) -> None:
        self.stages: list[Stage] = []
        self._names: dict[str, Stage] = {}
        self._context = context
        self._folder = folder
        self._python_folder = python_folder
        self._arguments = arguments
        self._global: dict[str, str] = {}

    def run(self, instructions: list[Instruction]) -> Stage:
        for word, rest in instructions:
            getattr(self, f"_do_{word.lower()}")(rest)
        return self.stages[-1]

    def environment(self, stage: Stage) -> dict[str, str]:
        """What a process in the stage sees: the base's Python first, as in the base image."""
        path = f"{stage.path('/app')}/bin:{self._python_folder}:{os.environ['PATH']}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "REVCYCLE_"))}
        return kept | stage.environment | stage.variables | {"PATH": path}

    def _do_from(self, rest: str) -> None:
        name = rest.rsplit(" AS ", maxsplit=1)[-1] if " AS " in rest else str(len(self.stages))
        stage = Stage(self._folder / name, dict[str, str]())
        stage.folder.mkdir(parents=True)
        self.stages.append(stage)
        self._names[name] = stage

    def _do_arg(self, rest: str) -> None:
        name, _, default = rest.partition("=")
        variables = self.stages[-1].variables if self.stages else self._global
        variables[name] = self._arguments.get(name, self._expand(default, variables))

    def _do_env(self, rest: str) -> None:
        stage = self.stages[-1]
        for pair in shlex.split(rest):
            name, _, value = pair.partition("=")
            if name != "PATH":
                stage.environment[name] = self._expand(value, stage.variables)

    def _do_workdir(self, rest: str) -> None:
        self.stages[-1].workdir = rest
        self.stages[-1].path(rest).mkdir(parents=True, exist_ok=True)

    def _do_copy(self, rest: str) -> None:
        stage = self.stages[-1]
        words = self._expand(rest, stage.variables).split()
        flags = dict(word.removeprefix("--").split("=") for word in words if word.startswith("--"))
        source, target = (word for word in words if not word.startswith("--"))
        origin = self._names[flags["from"]].path(source) if "from" in flags else self._context / source
        into = stage.path(target if target.startswith("/") else f"{stage.workdir}/{target}")
        if origin.is_dir():
            shutil.copytree(origin, into, symlinks=True, dirs_exist_ok=True)
        else:
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy(origin, into)

    def _do_run(self, rest: str) -> None:
        stage = self.stages[-1]
        command = re.sub(r"--mount=\S+", "", rest)
        command = re.sub("|".join(rf"(?<![\w.]){root}\b" for root in ROOTS), lambda m: f"{stage.folder}{m[0]}", command)
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=stage.path(stage.workdir),
            env=self.environment(stage),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"RUN {command}\n{done.stdout}{done.stderr}"

    def _leave(self, rest: str) -> None:
        """Only a container can show it."""

    _do_user = _do_expose = _do_healthcheck = _do_entrypoint = _leave

    def _expand(self, text: str, variables: Mapping[str, str]) -> str:
        return re.sub(r"\$\{?(\w+)\}?", lambda m: variables.get(m[1], self._global.get(m[1], "")), text)

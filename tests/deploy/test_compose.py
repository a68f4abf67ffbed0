"""docker-compose.yml is valid by the compose specification, and tells the services what the local stack tells them."""

import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from typer.testing import CliRunner

from revcycle.cli import app
from revcycle.stack.layout import Layout
from revcycle.stack.options import DEFAULT_PORTS, MODULES, Options
from revcycle.stack.plan import SLOW_PAYERS, environment

ROOT = Path(__file__).parents[2]
LOCAL_ONLY = {"REVCYCLE_HOST", "REVCYCLE_SANDBOX_STATE", *SLOW_PAYERS}
"""The image sets the first; only the sandbox needs the second; the others spare a person some waiting."""

Service = dict[str, Any]


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return cast("dict[str, Service]", compose["services"])


def test_it_is_valid_by_the_compose_specification() -> None:
    program = str(Path(sys.executable).parent / "check-jsonschema")
    words = [program, "--builtin-schema", "vendor.compose-spec", str(ROOT / "docker-compose.yml")]
    checked = subprocess.run(words, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("name", MODULES)
def test_a_service_is_told_what_it_is_told_on_one_machine(
    name: str, services: dict[str, Service], tmp_path: Path
) -> None:
    local = environment(name, Options(DEFAULT_PORTS, kafka="kafka:9092", mongo="mongodb://mongo"), Layout(tmp_path))
    expected = {variable for variable in local if variable.startswith("REVCYCLE_")} - LOCAL_ONLY
    told: dict[str, object] = services[name]["environment"]
    assert set(told) - LOCAL_ONLY == expected
    assert told["REVCYCLE_DATABASE"] == local["REVCYCLE_DATABASE"]
    assert str(told["REVCYCLE_PORT"]) == local["REVCYCLE_PORT"]
    assert services[name]["ports"] == [f"127.0.0.1:{DEFAULT_PORTS[name]}:{DEFAULT_PORTS[name]}"]


@pytest.mark.parametrize("name", [*MODULES, "topics", "keys", "cli"])
def test_every_image_is_built_from_a_folder_and_a_lock_that_exist(name: str, services: dict[str, Service]) -> None:
    build = services[name]["build"]
    service = build["args"]["SERVICE"]
    folder = build["args"].get("FOLDER", f"services/{service}")
    module = build["args"].get("MODULE", f"services.{service}.app")
    assert (ROOT / "requirements" / f"{service}.lock").exists()
    assert (ROOT / folder / "pyproject.toml").exists()
    assert MODULES.get(name, "revcycle") == module
    assert (ROOT / build["dockerfile"]).exists()


def test_everything_waited_for_exists_and_can_be_waited_for(services: dict[str, Service]) -> None:
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            healthy = how["condition"] == "service_healthy"
            assert not healthy or "healthcheck" in services[needed], f"{name} waits for {needed}, which has no health"


def test_the_topics_are_made_by_the_command_of_every_other_broker(services: dict[str, Service]) -> None:
    given = services["topics"]["command"]
    made: list[tuple[object, ...]] = []

    async def noted(*words: object, **options: object) -> list[str]:
        made.append((*words, options["replicas"]))
        return []

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("revcycle.stack.topics.create_topics", noted)
        result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.output
    assert made == [("kafka:9092", 24, None)]


def test_nothing_listens_beyond_this_machine(services: dict[str, Service]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_prometheus_and_grafana_are_given_files_that_exist_and_services_that_run(services: dict[str, Service]) -> None:
    mounted = [volume for name in ("prometheus", "alertmanager", "grafana") for volume in services[name]["volumes"]]
    for volume in mounted:
        source = volume.split(":")[0]
        assert not source.startswith("./") or (ROOT / source).exists(), source
    settings = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    (job,) = settings["scrape_configs"]
    ports = {one["targets"][0]: one["labels"]["service"] for one in job["static_configs"]}
    watched = {name: port for name, port in DEFAULT_PORTS.items() if name in MODULES and name != "sandbox"}
    assert ports == {f"{name}:{port}": name for name, port in watched.items()}
    token = services["claims"]["environment"]["REVCYCLE_METRICS_TOKEN_FILE"]
    assert job["authorization"]["credentials_file"] == token
    source = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text())[
        "datasources"
    ][0]
    (managers,) = settings["alerting"]["alertmanagers"]
    assert managers["static_configs"] == [{"targets": ["alertmanager:9093"]}]
    assert source["url"] == "http://prometheus:9090"
    assert all(Path("/etc/prometheus", Path(file).name) == Path(file) for file in settings["rule_files"])

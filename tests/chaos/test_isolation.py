"""A machine of the run's own is made where it can be had; where not, the reason is said."""

import shutil

import pytest

from revcycle.stack.options import HOST
from tests.chaos import isolation
from tests.chaos.isolation import Machine, OwnMachine, why_not


def test_missing_tools_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def which(tool: str) -> str | None:
        return None if tool == "ip" else f"/bin/{tool}"

    monkeypatch.setattr(shutil, "which", which)
    assert why_not() == "ip not found"


def test_a_refused_namespace_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def which(tool: str) -> str | None:
        return f"/bin/{tool}"

    monkeypatch.setattr(shutil, "which", which)
    monkeypatch.setattr(isolation, "_unshare", lambda: ["sh", "-c", "echo 'not permitted' >&2; exit 1", "--"])
    assert why_not() == "needs root, or user namespaces: not permitted"


def test_on_a_shared_machine_nothing_is_behind_a_link() -> None:
    machine = Machine()
    assert (machine.own, machine.host("claims"), machine.prefix("claims")) == (False, HOST, ())
    with pytest.raises(NotImplementedError):
        machine.cut("claims")


def test_each_service_has_an_address_and_a_namespace_of_its_own() -> None:
    machine = OwnMachine.__new__(OwnMachine)
    hosts = {machine.host(name) for name in ("eligibility", "claims", "payments", "collections")}
    assert len(hosts) == 4
    assert machine.host("sandbox") == machine.servers_address
    assert machine.prefix("claims") == ("ip", "netns", "exec", "claims")
    assert machine.prefix("sandbox") == ()

"""What work lists ask the services for exists there: every address of the catalogue is a route of the real service."""

import re
from pathlib import Path

from services.console.core.work_catalog import WORK_LISTS
from services.console.core.work_lists import Asked
from tests.shared.test_audit_edge import applications, requests_of


def shape(action: str) -> str:
    """A route without the names of its parameters."""
    return re.sub(r"\{[^}]+\}", "{}", action)


def test_every_address_of_the_catalogue_is_a_route_of_its_service(tmp_path: Path) -> None:
    routes = {name: {shape(one.action) for one in requests_of(app)} for name, app in applications(tmp_path).items()}
    wanted: set[tuple[str, str]] = set()
    for work in WORK_LISTS.values():
        if isinstance(work.source, Asked):
            wanted.add((work.source.service, f"GET {work.source.path}"))
        if work.desk is not None:
            wanted.add((work.desk.service, f"GET {work.desk.path}"))
            wanted |= {(work.desk.service, f"GET {path}") for path in (work.desk.history,) if path}
        for deed in work.deeds:
            wanted |= {(one.service, f"{one.method} {one.path}") for one in (deed.action, deed.undo) if one is not None}
            if deed.bulk:
                wanted.add((deed.action.service, f"POST {deed.action.path.partition('/{id}')[0]}/bulk"))
    assert [one for one in sorted(wanted) if shape(one[1]) not in routes[one[0]]] == []

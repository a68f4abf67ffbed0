"""What is made without detours is what the detours would make."""

import copy
import pickle
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import Meta
from shared.decider import Snapshot
from shared.derived import assembled, derived_id
from tests.shared.till import TILL, pay


@given(st.uuids(), st.text())
def test_an_id_is_what_the_standard_library_makes(namespace: UUID, name: str) -> None:
    made, expected = derived_id(namespace, name), uuid5(namespace, name)
    assert made == expected
    assert [hash(made), str(made), made.version, made.variant] == [
        hash(expected),
        str(expected),
        expected.version,
        expected.variant,
    ]
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == expected


@given(st.uuids(), st.text(min_size=1), st.datetimes(timezones=st.just(UTC)))
def test_an_envelope_is_what_validation_would_make(id_: UUID, tenant: str, occurred_at: datetime) -> None:
    values: dict[str, Any] = {
        "id": id_,
        "tenant": tenant,
        "occurred_at": occurred_at,
        "source": "claims",
        "subject": "claim/1",
        "key": "acct",
        "sequence": 1,
        "causation": None,
        "correlation": id_,
        "actor": "system",
    }
    made, expected = assembled(Meta, dict(values)), Meta(**values)
    assert made == expected
    assert made.model_fields_set == expected.model_fields_set
    assert [made.model_dump_json(), repr(made), hash(made)] == [
        expected.model_dump_json(),
        repr(expected),
        hash(expected),
    ]
    assert made.model_copy(update={"key": "other"}) == expected.model_copy(update={"key": "other"})


def test_a_decided_envelope_has_every_field_and_survives_validation() -> None:
    for entry in TILL.run(Snapshot(TILL.initial), [pay("a")]).entries:
        assert set(entry.meta.__dict__) == set(Meta.model_fields)
        assert Meta.model_validate_json(entry.meta.model_dump_json()) == entry.meta
        assert entry.meta.id == uuid5(pay("a").meta.id, f"{TILL.service}/{TILL.kind}/t1/{entry.number - 1}")

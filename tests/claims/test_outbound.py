"""The plugin that has every outbound 837 judged: what it keeps, and that it names what is refused."""

import pickle
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shared.x12.claim837 import Batch837, Claim837, read_837, write_837p
from shared.x12.parties import Party
from tests.claims.test_partners import day
from tests.claims.world import NOW
from tests.outbound import Outbound, Verdict, Writer, patterns


def batch_of(claims: Sequence[Claim837]) -> Batch837:
    us, them = Party(name="US", id="US", id_qualifier="46"), Party(name="THEM", id="THEM", id_qualifier="46")
    return Batch837(us, them, 1, 1, NOW, claims)


def claims() -> tuple[Claim837, ...]:
    return tuple(one for one in read_837([day(40)]) if isinstance(one, Claim837))


def test_of_claims_that_look_alike_one_is_kept_and_each_is_counted() -> None:
    outbound, batch = Outbound(), batch_of(claims())
    outbound.note("P", write_837p, batch, "first")
    kept = len(outbound.kept["P", "P"])
    assert 0 < kept < len(batch.claims) / 2
    outbound.note("P", write_837p, batch, "second")
    assert len(outbound.kept["P", "P"]) == kept
    other = replace(batch.claims[0], prior_authorization_number="AUTH77")
    outbound.note("P", write_837p, replace(batch, claims=(other,)), "third")
    assert [one.test for one in outbound.kept["P", "P"]][kept:] == ["third"]
    assert outbound.claims == 2 * len(batch.claims) + 1


def test_what_is_refused_is_named_with_its_test() -> None:
    outbound, batch = Outbound(), batch_of(claims())
    outbound.note("P", write_837p, batch, "good")
    other = replace(batch.claims[0], prior_authorization_number="AUTH77")
    outbound.note("P", write_837p, replace(batch, claims=(other,)), "bad")

    def judge(content: bytes) -> Verdict:
        return (True, set()) if b"AUTH77" not in content else (False, {("REF", "2")})

    writers: dict[Any, Writer] = {"P": write_837p}
    assert list(outbound.faults(writers, judge)) == ["bad: 837P, [('REF', '2')]"]
    assert not list(outbound.faults(writers, lambda _: (True, set())))


def test_what_two_processes_kept_is_judged_as_if_one_had() -> None:
    here, there, batch = Outbound(), Outbound(), batch_of(claims())
    here.note("P", write_837p, batch, "here")
    other = replace(batch.claims[0], prior_authorization_number="AUTH77")
    there.note("P", write_837p, replace(batch, claims=(*batch.claims, other)), "there")
    alike = len(here.kept["P", "P"])
    here.absorb(pickle.loads(pickle.dumps(there)), {"P": write_837p})
    assert [one.test for one in here.kept["P", "P"]] == ["here"] * alike + ["there"]
    assert here.claims == 2 * len(batch.claims) + 1
    assert here.kept["P", "P"][-1].claim == other


def test_a_code_is_kept_as_it_is_and_a_name_by_its_kind() -> None:
    def look(text: bytes) -> list[str]:
        return list(patterns("P", text))

    assert look(b"REF*G1*ABCDE~") == look(b"REF*G1*FGHIJK~")
    assert look(b"REF*G1*ABCDE~") != look(b"REF*9F*ABCDE~")
    assert look(b"NM1*IL*1*DOE**X~") != look(b"NM1*IL*1*DOE*JO*X~")

"""The form locators of a UB-04 (CMS-1450) from an institutional claim.

Which datum belongs where: Medicare Claims Processing Manual, chapter 25, section 75, and its crosswalk to
005010X223A2. Twenty-two lines a page; line 23 carries the page count, and on the last page the totals.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from typing import NamedTuple

from services.claims.core.content import ClaimContent, ContentLine, DatedCode, Institutional, Provider
from services.claims.identity import SELF, Identity
from services.claims.paper_texts import (
    Boxes,
    FormName,
    PaperError,
    PaperPage,
    codes,
    compact_day,
    filled,
    free_text,
    hospital_name,
    money,
    number,
    provider_name,
    reference,
    solid_day,
    street,
    town,
)
from shared.x12.claim837 import Subscriber

FORM: FormName = "UB-04"
LINES_A_PAGE = 22
RANKS = "PST"
ROWS = "ABC"
OTHER_DIAGNOSES = "ABCDEFGHIJKLMNOPQ"
OCCURRENCES = [f"{box}{row}" for row in "ab" for box in (31, 32, 33, 34)]
SPANS = [f"{box}{row}" for row in "ab" for box in (35, 36)]
VALUES = [f"{box}{row}" for row in "abcd" for box in (39, 40, 41)]
CONDITIONS = [str(box) for box in range(18, 29)]
PROCEDURES = ["74a", "74b", "74c", "74d", "74e"]


def ub04_pages(content: ClaimContent, identity: Identity, on: date) -> tuple[PaperPage, ...]:
    """The sheets of an institutional claim, made on a day; PaperError where it has more than the form has room for."""
    hospital = content.institutional or Institutional()
    common = {
        **_head(content, identity, hospital),
        **_patient(content, identity, hospital),
        **_coded(identity, hospital),
        **_payers(content, identity),
        **_diagnoses(content),
        **_providers(content, hospital),
        "80": free_text(identity.extras),
    }
    starts = range(0, max(len(content.lines), 1), LINES_A_PAGE)
    return tuple(
        PaperPage(
            FORM,
            filled({**common, **_lines(content, identity, at), **_last_line(content, place, len(starts), on)}),
        )
        for place, at in enumerate(starts, 1)
    )


def _head(content: ClaimContent, identity: Identity, hospital: Institutional) -> Boxes:
    billing, pay_to = content.billing, content.pay_to
    return {
        **_block("1", billing, billing.contact_phone),
        **(_block("2", pay_to, "") if pay_to else {}),
        "3a": content.patient_control_number,
        "3b": reference(identity.extras, "EA"),
        "4": f"0{content.type_of_bill}",
        "5": billing.tax_id.replace("-", ""),
        "6.from": solid_day(hospital.statement_from),
        "6.through": solid_day(hospital.statement_to),
    }


def _block(box: str, provider: Provider, phone: str) -> Boxes:
    address = provider.address
    where = (street(address), town(address)) if address else ("", "")
    lines = (text for text in (provider_name(provider), *where, phone) if text)
    return {f"{box}.{place}": text for place, text in enumerate(lines, 1)}


def _patient(content: ClaimContent, identity: Identity, hospital: Institutional) -> Boxes:
    person = identity.patient or identity.subscriber.person
    address = person.address
    return {
        "8b": hospital_name(person),
        "9a": street(address) if address else "",
        "9b": address.city if address else "",
        "9c": address.state if address else "",
        "9d": address.postal_code if address else "",
        "9e": address.country if address else "",
        "10": f"{person.birth_date:%m%d%Y}" if person.birth_date else "",
        "11": person.sex,
        "12": solid_day(content.admission_date),
        "13": f"{hospital.admitted_at:%H}" if hospital.admitted_at else "",
        "14": hospital.admission_type,
        "15": hospital.admission_source,
        "16": f"{hospital.discharged_at:%H}" if hospital.discharged_at else "",
        "17": hospital.patient_status,
        "29": content.accident_state,
        **_addressee(content),
    }


def _addressee(content: ClaimContent) -> Boxes:
    """Whom the bill is mailed to: locator 38 lies behind the window of an envelope."""
    address = content.payer_address
    where = (address.line1, address.line2, town(address)) if address else ()
    lines = (text for text in (content.payer_name or content.payer_id, *where) if text)
    return {f"38.{place}": text for place, text in enumerate(lines, 1)}


def _coded(identity: Identity, hospital: Institutional) -> Boxes:
    # Occurrences that are birth dates of insured persons lie sealed among the kept segments.
    sealed = [
        DatedCode(qualifier="BH", code=parts[0], on=compact_day(parts[2]))
        for parts in codes(identity.extras, "BH")
        if len(parts) > 2
    ]
    dated = [*(one for one in hospital.occurrences if one.qualifier == "BH"), *sealed]
    spans = [one for one in hospital.occurrences if one.qualifier == "BI"]
    procedures = [one for one in hospital.procedures if one.qualifier in ("BBQ", "BQ")]
    principal = [one for one in hospital.procedures if one.qualifier in ("BBR", "BR")]
    return {
        **_placed("18-28", "condition codes", CONDITIONS, [{"": code} for code in hospital.condition_codes]),
        **_placed("31-34", "occurrence codes", OCCURRENCES, [_when(one) for one in dated]),
        **_placed("35-36", "occurrence spans", SPANS, [_span(one) for one in spans]),
        **_placed(
            "39-41",
            "value codes",
            VALUES,
            [{"": one.code, ".amount": money(one.value_cents, FORM, "39")} for one in hospital.value_codes],
        ),
        **_placed("74", "principal procedures", ["74"], [_when(one) for one in principal]),
        **_placed("74a-74e", "other procedures", PROCEDURES, [_when(one) for one in procedures]),
        "71": hospital.drg,
    }


def _when(one: DatedCode) -> Boxes:
    return {"": one.code, ".date": solid_day(one.on)}


def _span(one: DatedCode) -> Boxes:
    return {"": one.code, ".from": solid_day(one.on), ".through": solid_day(one.to)}


def _placed(box: str, what: str, places: Sequence[str], entries: Sequence[Boxes]) -> Boxes:
    """Each entry in the next place; PaperError when there are more of them than places."""
    if len(entries) > len(places):
        raise PaperError(FORM, box, f"it has room for {len(places)} {what}, and the claim has {len(entries)}.")
    every = chain.from_iterable(
        ((f"{place}{part}", text) for part, text in entry.items())
        for place, entry in zip(places, entries, strict=False)
    )
    return dict(every)


class _Insurance(NamedTuple):
    """One payer of the claim; `own` is the one that this bill goes to."""

    rank: str
    name: str
    payer_id: str
    subscriber: Subscriber
    relationship: str
    released: str
    assigned: str
    paid_cents: int | None
    own: bool


def _insurances(content: ClaimContent, identity: Identity) -> Iterator[_Insurance]:
    relationship = identity.patient_relationship if identity.patient else SELF
    yield _Insurance(
        content.payer_responsibility,
        content.payer_name,
        content.payer_id,
        identity.subscriber,
        relationship,
        content.release_of_information,
        content.benefits_assigned,
        None,
        own=True,
    )
    for other, subscriber in zip(content.other_payers, identity.other_subscribers, strict=True):
        yield _Insurance(
            subscriber.payer_responsibility,
            other.payer_name,
            other.payer_id,
            subscriber,
            subscriber.relationship,
            other.release_of_information,
            other.benefits_assigned,
            other.paid_cents,
            own=False,
        )


def _payers(content: ClaimContent, identity: Identity) -> Boxes:
    """Rows A, B and C in the order of who pays first; the authorization stands in the row of the payer billed."""
    ranked = sorted(_insurances(content, identity), key=lambda one: RANKS.find(one.rank) % (len(RANKS) + 1))
    if len(ranked) > len(ROWS):
        raise PaperError(FORM, "50", f"it has room for 3 payers, and the claim has {len(ranked)}.")
    boxes: Boxes = {"56": content.billing.npi}
    for row, one in zip(ROWS, ranked, strict=False):
        boxes |= _payer_row(content, row, one)
    return boxes


def _payer_row(content: ClaimContent, row: str, one: _Insurance) -> Boxes:
    own, changes = one.own, content.frequency_code in ("7", "8")
    return {
        f"50.{row}": one.name or one.payer_id,
        f"51.{row}": one.payer_id,
        f"52.{row}": one.released,
        f"53.{row}": one.assigned,
        f"54.{row}": money(one.paid_cents, FORM, "54"),
        f"57.{row}": content.billing.id if own else "",
        f"58.{row}": hospital_name(one.subscriber.person),
        f"59.{row}": one.relationship,
        f"60.{row}": one.subscriber.member_id,
        f"61.{row}": one.subscriber.group_name,
        f"62.{row}": one.subscriber.group_number,
        f"63.{row}": (content.prior_authorization_number or content.referral_number) if own else "",
        f"64.{row}": content.payer_claim_control_number if own and changes else "",
    }


def _diagnoses(content: ClaimContent) -> Boxes:
    by_kind: dict[str, list[Boxes]] = {}
    for one in content.diagnoses:
        # The kinds of ICD-9 lack the A of those of ICD-10: BK and ABK, PR and APR.
        kind = one.qualifier[-2:]
        by_kind.setdefault(kind, []).append({"": one.code.replace(".", ""), ".poa": one.present_on_admission})
    ninth = bool(content.diagnoses) and len(content.diagnoses[0].qualifier) == 2
    return {
        "66": "9" if ninth else "0" if content.diagnoses else "",
        **_placed("67", "principal diagnosis", ["67"], by_kind.get("BK", [])),
        **_placed("67A-67Q", "other diagnoses", [f"67{one}" for one in OTHER_DIAGNOSES], by_kind.get("BF", [])),
        **_placed("69", "admitting diagnosis", ["69"], by_kind.get("BJ", [])),
        **_placed("70", "reasons for the visit", ["70a", "70b", "70c"], by_kind.get("PR", [])),
        **_placed("72", "external causes", ["72a", "72b", "72c"], by_kind.get("BN", [])),
    }


def _providers(content: ClaimContent, hospital: Institutional) -> Boxes:
    others = [(code, one) for code, one in (("82", content.rendering), ("DN", content.referring)) if one]
    taxonomy = content.billing.taxonomy
    boxes: Boxes = {"81a.qualifier": "B3" if taxonomy else "", "81a": taxonomy}
    named = [("76", "", hospital.attending), ("77", "", hospital.operating)]
    named += [(box, code, one) for box, (code, one) in zip(("78", "79"), others, strict=False)]
    for box, code, one in named:
        if one is not None:
            boxes |= {
                f"{box}.type": code,
                f"{box}.npi": one.npi,
                f"{box}.qualifier": one.id_qualifier if one.id else "",
                f"{box}.id": one.id,
                f"{box}.last": f"{one.name} {one.suffix}".strip(),
                f"{box}.first": one.first_name,
            }
    return boxes


def _lines(content: ClaimContent, identity: Identity, start: int) -> Boxes:
    boxes: Boxes = {}
    for place, line in enumerate(content.lines[start : start + LINES_A_PAGE], 1):
        kept = identity.lines[start + place - 1] if start + place <= len(identity.lines) else None
        boxes |= {f"{box}.{place}": text for box, text in _line(line, kept.description if kept else "").items()}
    return boxes


def _line(line: ContentLine, description: str) -> Boxes:
    drug = line.drug
    told = f"N4{drug.ndc}{drug.unit}{number(drug.quantity)}" if drug else description
    return {
        "42": line.revenue_code.zfill(4) if line.revenue_code else "",
        "43": told,
        "44": line.procedure + "".join(line.modifiers),
        "45": solid_day(line.service_from),
        "46": number(line.units),
        "47": money(line.charge_cents, FORM, "47"),
        "48": money(line.non_covered_cents, FORM, "48"),
    }


def _last_line(content: ClaimContent, page: int, pages: int, on: date) -> Boxes:
    """Line 23: revenue code 0001 with the totals on the last page alone."""
    boxes = {"43.23": f"PAGE {page} OF {pages}", "45.23": solid_day(on)}
    if page < pages:
        return boxes
    not_covered = [line.non_covered_cents for line in content.lines if line.non_covered_cents is not None]
    return {
        **boxes,
        "42.23": "0001",
        "47.23": money(content.charge_cents, FORM, "47"),
        "48.23": money(sum(not_covered), FORM, "48") if not_covered else "",
    }

"""The boxes of a CMS-1500 (02/12) from a professional claim.

Which datum belongs in which box: NUCC, "1500 Health Insurance Claim Form Reference Instruction Manual", and its
crosswalk to 005010X222A1. Six lines a page; the totals stand on the last one.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from services.claims.core.content import ClaimContent, ContentLine, Provider
from services.claims.identity import SELF, Identity, LineIdentity
from services.claims.paper_texts import (
    Boxes,
    FormName,
    PaperError,
    PaperPage,
    codes,
    compact_day,
    day_of,
    filled,
    free_text,
    listed_name,
    long_day,
    money,
    number,
    provider_name,
    reference,
    short_day,
    street,
    town,
)
from shared.x12.claim837 import Address, Person
from shared.x12.writing import Raw

FORM: FormName = "CMS-1500"
LINES_A_PAGE = 6
LETTERS = "ABCDEFGHIJKL"
ON_FILE = "SIGNATURE ON FILE"
COVERAGES = {"MA": "MEDICARE", "MB": "MEDICARE", "MC": "MEDICAID", "CH": "TRICARE", "VA": "CHAMPVA"}
RELATIONSHIPS = {SELF: "SELF", "01": "SPOUSE", "19": "CHILD"}
HOME = "12"
OTHER_DAYS = ("454", "304", "453", "439", "455", "471", "090", "091", "444")
"""Qualifiers of item 15, in the manual's order; 439 is the accident."""


def cms1500_pages(content: ClaimContent, identity: Identity) -> tuple[PaperPage, ...]:
    """The sheets of a professional claim; PaperError where it has more than the form has boxes for."""
    _must_fit(content)
    common = {
        **_coverage(content, identity),
        **_people(content, identity),
        **_other_insured(content, identity),
        **_condition(content, identity),
        **_providers(content),
    }
    starts = range(0, max(len(content.lines), 1), LINES_A_PAGE)
    return tuple(
        PaperPage(FORM, filled({**common, **_lines(content, identity, at), **_totals(content, at)})) for at in starts
    )


def _must_fit(content: ClaimContent) -> None:
    if len(content.diagnoses) > len(LETTERS):
        raise PaperError(FORM, "21", f"it has room for 12 diagnoses, and the claim has {len(content.diagnoses)}.")
    if len(content.other_payers) > 1:
        raise PaperError(
            FORM, "9", f"it has room for one other insurance, and the claim has {len(content.other_payers)}."
        )


def _coverage(content: ClaimContent, identity: Identity) -> Boxes:
    subscriber, address = identity.subscriber, content.payer_address
    carrier = [content.payer_name or content.payer_id]
    carrier += [address.line1, address.line2, town(address)] if address else []
    lines = {f"carrier.{n}": text for n, text in enumerate((one for one in carrier if one), 1)}
    group = "GROUP" if subscriber.group_number else "OTHER"
    first_is_medicare = content.claim_filing_code == "MB" and content.payer_responsibility == "P"
    return {
        **lines,
        "1": COVERAGES.get(content.claim_filing_code, group),
        "1a": subscriber.member_id,
        # Medicare wants the word where nobody pays before it (Claims Processing Manual, chapter 26, item 11).
        "11": subscriber.group_number or ("NONE" if first_is_medicare else ""),
        "11c": subscriber.group_name,
    }


def _people(content: ClaimContent, identity: Identity) -> Boxes:
    insured = identity.subscriber.person
    patient = identity.patient or insured
    relationship = identity.patient_relationship or identity.subscriber.relationship or SELF
    released = content.release_of_information in ("Y", "I")
    return {
        "2": listed_name(patient),
        "3.birth_date": long_day(patient.birth_date),
        "3.sex": _sex(patient),
        "4": listed_name(insured),
        **_address("5", patient.address),
        "6": "SELF" if identity.patient is None else RELATIONSHIPS.get(relationship, "OTHER"),
        **_address("7", insured.address),
        "11a.birth_date": long_day(insured.birth_date),
        "11a.sex": _sex(insured),
        "11b": _qualified("Y4", reference(identity.extras, "Y4")),
        "12": ON_FILE if released else "",
        "13": ON_FILE if content.benefits_assigned == "Y" else "",
    }


def _sex(person: Person) -> str:
    return person.sex if person.sex in ("M", "F") else ""


def _address(box: str, address: Address | None) -> Boxes:
    if address is None:
        return {}
    return {
        f"{box}.street": street(address),
        f"{box}.city": address.city,
        f"{box}.state": address.state,
        f"{box}.zip": address.postal_code,
    }


def _qualified(qualifier: str, text: str) -> str:
    return f"{qualifier}{text}" if text else ""


def _other_insured(content: ClaimContent, identity: Identity) -> Boxes:
    if not content.other_payers:
        return {"11d": "NO"}
    other, subscriber = content.other_payers[0], identity.other_subscribers[0]
    return {
        "9": listed_name(subscriber.person),
        "9a": subscriber.group_number or subscriber.member_id,
        "9d": subscriber.group_name or other.payer_name,
        "11d": "YES",
    }


def _condition(content: ClaimContent, identity: Identity) -> Boxes:
    extras, causes = identity.extras, content.related_causes
    accident = content.accident_date
    days = {code: accident if code == "439" else day_of(extras, code) for code in OTHER_DAYS}
    other = next((code for code in OTHER_DAYS if days[code]), "")
    onset, period = content.onset_date, day_of(extras, "484")
    away_from, away_to = _away(extras)
    ninth = bool(content.diagnoses) and content.diagnoses[0].qualifier in ("BK", "BF")
    changes = content.frequency_code in ("7", "8")
    return {
        "10a": "YES" if "EM" in causes else "NO",
        "10b": "YES" if "AA" in causes else "NO",
        "10b.state": content.accident_state if "AA" in causes else "",
        "10c": "YES" if "OA" in causes else "NO",
        "10d": " ".join("".join(code[:1]) for code in codes(extras, "BG")),
        "14": short_day(onset or period),
        "14.qualifier": "431" if onset else "484" if period else "",
        "15": short_day(days[other]) if other else "",
        "15.qualifier": other,
        "16.from": short_day(away_from),
        "16.to": short_day(away_to),
        "18.from": short_day(content.admission_date),
        "18.to": short_day(content.discharge_date),
        "19": free_text(extras),
        **_outside_lab(identity),
        "21.indicator": "9" if ninth else "0" if content.diagnoses else "",
        **{f"21.{letter}": one.code.replace(".", "") for letter, one in zip(LETTERS, content.diagnoses, strict=False)},
        "22.code": content.frequency_code if changes else "",
        "22.original": content.payer_claim_control_number if changes else "",
        # One of these fits: prior authorization, referral, mammography certification, CLIA (NUCC manual, item 23).
        "23": content.prior_authorization_number or content.referral_number or reference(extras, "EW", "X4"),
    }


def _away(extras: tuple[Raw, ...]) -> tuple[date | None, date | None]:
    """Unable to work from and to: DTP*314 is both, 360 and 361 are one each."""
    for one in extras:
        if one[:3] == ("DTP", "314", "RD8") and len(one) > 3:
            first, _, last = one[3].partition("-")
            return compact_day(first), compact_day(last)
    return day_of(extras, "360"), day_of(extras, "361")


def _outside_lab(identity: Identity) -> Boxes:
    """Whether tests were bought from outside (PS1 of a line), and for how much."""
    bought = [one for line in identity.lines for one in line.extras if one[0] == "PS1" and len(one) > 2]
    if not bought:
        return {"20": "NO"}
    try:
        cents = sum(int(Decimal(one[2]) * 100) for one in bought)
    except ArithmeticError:
        raise PaperError(FORM, "20", "what an outside laboratory was paid is no amount.") from None
    return {"20": "YES", "20.charges": money(cents, FORM, "20")}


def _providers(content: ClaimContent) -> Boxes:
    billing, source = content.billing, content.referring or content.supervising
    sent_by = "DN" if content.referring else "DQ"
    # Without a place of its own (loop 2310C), the services were rendered where the biller is; never so at home.
    place = content.service_facility or (None if content.facility_code == HOME else billing)
    return {
        "17.qualifier": sent_by if source else "",
        "17": provider_name(source) if source else "",
        "17a.qualifier": source.id_qualifier if source and source.id else "",
        "17a": source.id if source else "",
        "17b": source.npi if source else "",
        "25": billing.tax_id.replace("-", ""),
        "25.type": "" if not billing.tax_id else "SSN" if billing.tax_id_qualifier == "SY" else "EIN",
        "26": content.patient_control_number,
        "27": {"A": "YES", "C": "NO"}.get(content.assignment, ""),
        "31": ON_FILE if content.provider_signature == "Y" else "",
        **(_place("32", place) if place else {}),
        **_place("33", billing),
        "33.phone": billing.contact_phone,
        "33b": _qualified("ZZ", billing.taxonomy) or f"{billing.id_qualifier}{billing.id}",
        "32b": f"{place.id_qualifier}{place.id}" if place and place.id else "",
    }


def _place(box: str, provider: Provider) -> Boxes:
    address = provider.address
    return {
        f"{box}.name": provider_name(provider),
        f"{box}.street": street(address) if address else "",
        f"{box}.city": town(address) if address else "",
        f"{box}a": provider.npi,
    }


def _lines(content: ClaimContent, identity: Identity, start: int) -> Boxes:
    rows = range(start, min(start + LINES_A_PAGE, len(content.lines)))
    return {
        f"24.{row - start + 1}.{column}": text
        for row in rows
        for column, text in _line(
            content, content.lines[row], identity.lines[row] if row < len(identity.lines) else LineIdentity()
        )
    }


def _line(content: ClaimContent, line: ContentLine, kept: LineIdentity) -> Iterator[tuple[str, str]]:
    # No rendering provider anywhere means that the billing provider rendered it (005010X222A1, loop 2310B).
    rendering = line.rendering or content.rendering or content.billing
    yield "shaded", _supplement(line, kept)
    yield "A.from", short_day(line.service_from)
    yield "A.to", short_day(line.service_to or line.service_from)
    yield "B", line.place_of_service or content.facility_code
    yield "C", "Y" if line.emergency else ""
    yield "D", line.procedure
    yield from ((f"D.{place}", modifier) for place, modifier in enumerate(line.modifiers, 1))
    yield "E", "".join(_letter(content, pointer) for pointer in line.diagnosis_pointers)
    yield "F", money(line.charge_cents, FORM, "24F")
    yield "G", number(line.units)
    yield "H", "Y" if line.epsdt or line.family_planning else ""
    yield "I", rendering.id_qualifier if rendering.id else "ZZ" if rendering.taxonomy else ""
    yield "J.shaded", rendering.id or rendering.taxonomy
    yield "J", rendering.npi


def _letter(content: ClaimContent, pointer: int) -> str:
    if not 1 <= pointer <= len(content.diagnoses):
        raise PaperError(FORM, "24E", f"a line points to diagnosis {pointer}, which the claim does not have.")
    return LETTERS[pointer - 1]


def _supplement(line: ContentLine, kept: LineIdentity) -> str:
    """The shaded half of a line: a drug (N4) or what a code without meaning of its own stands for (ZZ)."""
    if line.drug is not None:
        return f"N4{line.drug.ndc}   {line.drug.unit}{number(line.drug.quantity)}"
    return _qualified("ZZ", kept.description)


def _totals(content: ClaimContent, start: int) -> Boxes:
    if start + LINES_A_PAGE < len(content.lines):
        return {}
    paid = [content.patient_paid_cents, *(other.paid_cents for other in content.other_payers)]
    known = [cents for cents in paid if cents is not None]
    return {"28": money(content.charge_cents, FORM, "28"), "29": money(sum(known), FORM, "29") if known else ""}

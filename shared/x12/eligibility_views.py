"""Eligibility inquiries (270) and answers (271), guide X279A1."""

from datetime import date
from decimal import Decimal
from typing import Literal

from shared.x12.findings import Finding
from shared.x12.parties import NO_PARTY, NO_PAYER, NO_PERSON, Party, Payer, Person
from shared.x12.view import view
from shared.x12.writing import Raw

ACTIVE = frozenset({"1", "2", "3", "4", "5"})
INACTIVE = frozenset({"6", "7", "8"})


@view
class Inquiry270:
    """One question about one person.

    `reference` BHT03 and `trace_number` TRN02 come back in the answer; `originator_id` TRN03. `provider` is the
    information receiver (NM1*1P, or `provider_code`); `member_id` and `subscriber` loop 2100C; `dependent` loop
    2100D when the patient is not the subscriber. `service_types` EQ01, `procedure` EQ02, `service_date` and
    `service_to` DTP*291. `extras` are the person's other segments,
    `question_extras` those after EQ. `sender_id` and `receiver_id` are ISA06 and ISA08.
    """

    trace_number: str
    payer: Payer
    provider: Party
    subscriber: Person
    member_id: str = ""
    dependent: Person | None = None
    service_types: tuple[str, ...] = ("30",)
    service_date: date | None = None
    service_to: date | None = None
    reference: str = ""
    originator_id: str = ""
    group_number: str = ""
    procedure_qualifier: str = ""
    procedure: str = ""
    provider_code: str = "1P"
    relationship: str = ""
    extras: tuple[Raw, ...] = ()
    question_extras: tuple[Raw, ...] = ()
    sender_id: str = ""
    receiver_id: str = ""
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    usage: str = "P"
    transaction: str = ""
    segment_number: int = 0
    findings: tuple[Finding, ...] = ()


@view
class Aaa:
    """A rejection: AAA03 reason `code`, AAA04 `follow_up`, the guide's `loop` it stands in; `valid` is AAA01 = Y."""

    code: str
    follow_up: str = ""
    loop: str = ""
    valid: bool = False


@view
class BenefitDate:
    """A DTP: qualifier (DTP01) and its first and last day (the same day for a single date)."""

    qualifier: str
    first: date | None
    last: date | None


@view
class Benefit:
    """Loop 2110: one EB segment.

    `code` EB01 (1 active ... 6 inactive, A coinsurance, B copay, C deductible, G out of pocket ...),
    `coverage_level` EB02, `service_types` EB03 (repeats), `insurance_type` EB04, `plan` EB05, `time_period` EB06,
    `amount_cents` EB07, `percent` EB08 as written (0.2 is twenty per cent), `quantity_qualifier` EB09, `quantity` EB10,
    `authorization_required` EB11 and `in_network` EB12 (True, False, or None when unknown or not said;
    `network_applies` is False for EB12 = W), `procedure` EB13. `messages` MSG01; `entities` loop 2120 as
    (entity code, party), such as another payer; `rejections` AAA of the loop; `extras` its other segments.
    """

    code: str
    coverage_level: str = ""
    service_types: tuple[str, ...] = ()
    insurance_type: str = ""
    plan: str = ""
    time_period: str = ""
    amount_cents: int | None = None
    percent: Decimal | None = None
    authorization_required: bool | None = None
    in_network: bool | None = None
    dates: tuple[BenefitDate, ...] = ()
    quantity_qualifier: str = ""
    quantity: Decimal | None = None
    network_applies: bool = True
    procedure_qualifier: str = ""
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    entities: tuple[tuple[str, Party], ...] = ()
    rejections: tuple[Aaa, ...] = ()
    extras: tuple[Raw, ...] = ()


@view
class Answer271:
    """What a payer answers about one person.

    `trace_number` is TRN02 of the inquiry (TRN01 = 2), `payer_trace_number` the payer's own (TRN01 = 1);
    `reference` BHT03. `subscriber` loop 2100C, `dependent` loop 2100D when the answer is about a dependent.
    `group_number` REF*6P, `plan_number` REF*18, `dates` the DTP of the person's loop (291 plan, 346 plan begin,
    347 plan end, 356 and 357 eligibility ...), `relationship` INS02. `rejections` are the AAA of every level
    above and including the person, with their loop: 2000A, 2100A, 2100B, 2100C, 2100D (those of loop 2110 stay
    with their benefit).
    """

    trace_number: str
    payer: Payer = NO_PAYER
    provider: Party = NO_PARTY
    subscriber: Person = NO_PERSON
    member_id: str = ""
    dependent: Person | None = None
    rejections: tuple[Aaa, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    reference: str = ""
    payer_trace_number: str = ""
    originator_id: str = ""
    group_number: str = ""
    plan_number: str = ""
    relationship: str = ""
    dates: tuple[BenefitDate, ...] = ()
    provider_code: str = "1P"
    extras: tuple[Raw, ...] = ()
    sender_id: str = ""
    receiver_id: str = ""
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    usage: str = "P"
    transaction: str = ""
    segment_number: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def status(self) -> Literal["active", "inactive", "rejected", "unknown"]:
        """Active when any EB01 is 1 to 5, else inactive when any is 6 to 8, else rejected when an AAA was sent."""
        codes = {benefit.code for benefit in self.benefits}
        if codes & ACTIVE:
            return "active"
        if codes & INACTIVE:
            return "inactive"
        rejected = self.rejections or any(benefit.rejections for benefit in self.benefits)
        return "rejected" if rejected else "unknown"

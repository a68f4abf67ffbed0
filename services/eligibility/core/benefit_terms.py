"""What a payer says of coverage, typed: spans, the patient's shares, what is needed, and who manages care."""

from datetime import date
from typing import Literal, TypeAlias

from shared.contracts import Cents, Contract, OtherPayer, UnknownCause

ShareKind: TypeAlias = Literal["coinsurance", "copay", "deductible", "out_of_pocket"]
PlanType: TypeAlias = Literal["hmo", "pos", "ppo", "epo", "fee_for_service"]
Network: TypeAlias = Literal["in", "out", "both", "unknown"]
Standing: TypeAlias = Literal["active", "inactive", "unknown"]
Need: TypeAlias = Literal["yes", "no", "unknown"]


class Span(Contract):
    """Days on which the payer says coverage is in force or not; an open end is None."""

    standing: Literal["active", "inactive"]
    first: date | None = None
    last: date | None = None
    service_types: tuple[str, ...] = ()
    plan: str = ""
    insurance_type: str = ""

    def holds(self, on: date) -> bool:
        return (self.first is None or self.first <= on) and (self.last is None or on <= self.last)


class Share(Contract):
    """What the patient pays: of one kind, for some service types, in or out of network, for one level and period.

    `total_cents`, `met_cents`, `remaining_cents` are of deductible and out-of-pocket limits; `cents` is a copay;
    `percent` is an exact decimal, 20 for twenty per cent. Each is None when the payer did not say it; a part that
    follows from the other two is worked out. `period` is EB06 as it came, of the total or of the copay.
    """

    kind: ShareKind
    service_types: tuple[str, ...] = ()
    network: Network = "unknown"
    coverage_level: str = ""
    period: str = ""
    cents: Cents | None = None
    percent: str | None = None
    total_cents: Cents | None = None
    met_cents: Cents | None = None
    remaining_cents: Cents | None = None
    procedure: str = ""


class Needs(Contract):
    """Whether something is needed before the service, and why that is thought; `service_types` empty means any."""

    need: Need
    because: Literal["stated", "plan_type", "not_stated"]
    service_types: tuple[str, ...] = ()


class ManagedCare(Contract):
    """The organization a Medicaid agency hands the member's care to, and the payer that takes its claims, if known."""

    name: str
    identifier: str = ""
    route_to_payer_id: str | None = None


class Line(Contract):
    """One EB loop exactly as it came, in the names of `shared.x12`."""

    code: str
    coverage_level: str
    service_types: tuple[str, ...]
    insurance_type: str
    plan: str
    time_period: str
    amount_cents: int | None
    percent: str | None
    quantity_qualifier: str
    quantity: str | None
    authorization_required: bool | None
    in_network: bool | None
    network_applies: bool
    procedure_qualifier: str
    procedure: str
    modifiers: tuple[str, ...]
    dates: tuple[tuple[str, date | None, date | None], ...]
    messages: tuple[str, ...]
    entities: tuple[tuple[str, str, str, str], ...]  # entity code, name, identifier's qualifier, identifier
    rejections: tuple[tuple[str, str, str, bool], ...]
    extras: tuple[tuple[str, ...], ...]


class Benefits(Contract):
    """What a payer answered about one person, for a service date where one was asked about."""

    standing: Standing
    cause: UnknownCause | None = None
    spans: tuple[Span, ...] = ()
    plan: str = ""
    plan_type: PlanType | None = None
    primary_care_provider: bool = False  # the payer names one
    shares: tuple[Share, ...] = ()
    authorization: tuple[Needs, ...] = ()
    referral: Needs = Needs(need="unknown", because="not_stated")
    other_payers: tuple[OtherPayer, ...] = ()
    managed_care: ManagedCare | None = None
    qualified_medicare_beneficiary: bool = False  # EB04 QM: cost sharing is never billed to the patient
    lines: tuple[Line, ...] = ()

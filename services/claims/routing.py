"""Which partner takes a claim, under which name a tenant sends it, how it travels, and when it leaves.

Loaded from `policy/routing.toml`, or the file that `REVCYCLE_ROUTING_FILE` names.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.claims.core.content import ClaimType
from services.claims.core.cutoffs import CutoffRule
from services.claims.policies import POLICY_FOLDER
from shared.policy import PolicyError
from shared.x12.claim837 import Party

ANY_PAYER = "*"
Transport: TypeAlias = Literal["folder", "sftp", "http", "paper"]
CUTOFF_FIELDS = frozenset({"times", "zone", "valid_from", "source", "owner"})
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class SftpRoute:
    """Where and as whom files are put. `host_key` is the server's public key line, without which nothing is sent.

    `key_file` holds our private key; the file is read at each connection, so that keys may be changed under way.
    """

    host: str
    user: str
    key_file: Path
    host_key: str
    port: int = 22
    folder: str = "."
    timeout_seconds: float = 60


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """Where files are posted; `token_file` holds the bearer token."""

    url: str
    token_file: Path | None = None
    timeout_seconds: float = 60


@dataclass(frozen=True, slots=True)
class PaperRoute:
    """How claims are printed: on preprinted forms, moved by what the printer is off, or on plain paper with boxes."""

    preprinted: bool = False
    shift_right_mm: float = 0
    shift_down_mm: float = 0


@dataclass(frozen=True, slots=True)
class Partner:
    """One connection that claims go out by: `receiver` is ISA08, GS03 and NM1*40; `usage` is ISA15 (P or T).

    Files of `tenants_in_test` are test files (T) whatever the usage: the partner answers them and pays nothing.
    `cutoffs` are when files leave; without any, they leave as soon as no further claim comes.
    """

    id: str
    receiver: Party
    payers: frozenset[str]
    usage: str
    claim_types: frozenset[ClaimType] = frozenset(get_args(ClaimType))
    transport: Transport = "folder"
    sftp: SftpRoute | None = None
    http: HttpRoute | None = None
    paper: PaperRoute | None = None
    cutoffs: tuple[CutoffRule, ...] = ()
    tenants_in_test: frozenset[str] = frozenset()

    def usage_of(self, tenant: str) -> str:
        """ISA15 of a tenant's files."""
        return "T" if tenant in self.tenants_in_test else self.usage

    def takes(self, payer: str, claim_type: ClaimType) -> bool:
        return payer in self.payers and claim_type in self.claim_types


@dataclass(frozen=True, slots=True)
class Routing:
    """Which partner takes a payer's claims, and under which name a tenant sends them.

    `submitters` are by tenant, or by (tenant, partner) where a partner knows the tenant by an id of its own.
    """

    partners: Mapping[str, Partner]
    submitters: Mapping[str, Party]
    ids_at_partners: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def partner_of(self, payer_id: str, claim_type: ClaimType = "P") -> str:
        """The partner that lists the payer for this kind of claim, or else the one that takes every payer."""
        for payer in (payer_id, ANY_PAYER):
            for partner in self.partners.values():
                if partner.takes(payer, claim_type):
                    return partner.id
        raise AssertionError("the loader saw to it that every kind has a partner")

    def submitter_of(self, tenant: str, partner: str = "") -> Party:
        """Loop 1000A of a tenant's files; without an id of its own, the tenant's name in 15 characters is ISA06."""
        own = self.submitters.get(tenant) or self.submitters["default"]
        known_as = self.ids_at_partners.get((tenant, partner)) or own.id or tenant.upper()[:15]
        return replace(own, id=known_as, id_qualifier="46")


def routing_table(path: Path = POLICY_FOLDER / "routing.toml") -> Routing:
    """The routing table; PolicyError when some payer would have no partner, or some tenant no submitter."""
    with path.open("rb") as file:
        table = tomllib.load(file)
    holidays = {name: frozenset[date](days) for name, days in table.get("holidays", {}).items()}
    partners = {name: _partner(path.name, name, entry, holidays) for name, entry in table.get("partner", {}).items()}
    for claim_type in get_args(ClaimType):
        if not any(partner.takes(ANY_PAYER, claim_type) for partner in partners.values()):
            msg = (
                f'{path.name}: one partner must take payers = ["*"] for {claim_type}, or some claims would never leave'
            )
            raise PolicyError(msg)
    submitters = {tenant: _submitter(entry) for tenant, entry in table.get("submitter", {}).items()}
    if "default" not in submitters:
        msg = f"{path.name}: submitter.default is missing"
        raise PolicyError(msg)
    ids = {
        (tenant, partner): known_as
        for tenant, entry in table.get("submitter", {}).items()
        for partner, known_as in entry.get("ids", {}).items()
    }
    return Routing(partners, submitters, ids)


def _submitter(entry: Mapping[str, Any]) -> Party:
    return Party(**{name: text for name, text in entry.items() if name != "ids"})


def _partner(file: str, id: str, entry: Mapping[str, Any], holidays: Mapping[str, frozenset[date]]) -> Partner:
    transport = entry.get("transport", "folder")
    if transport not in get_args(Transport):
        msg = f"{file}: partner.{id}: transport is one of {', '.join(get_args(Transport))}"
        raise PolicyError(msg)
    if transport in ("sftp", "http") and transport not in entry:
        msg = f"{file}: partner.{id}: transport {transport} needs the table partner.{id}.{transport}"
        raise PolicyError(msg)
    if entry.get("usage", "P") not in ("P", "T"):
        msg = f"{file}: partner.{id}: usage is P (production) or T (test)"
        raise PolicyError(msg)
    return Partner(
        id,
        receiver=Party(name=entry["name"], id=entry["id"], id_qualifier="46"),
        payers=frozenset(entry["payers"]),
        usage=entry.get("usage", "P"),
        claim_types=_claim_types(file, id, entry, transport),
        transport=cast("Transport", transport),
        sftp=_sftp(file, id, entry["sftp"]) if transport == "sftp" else None,
        http=_http(entry["http"]) if transport == "http" else None,
        paper=_paper(file, id, entry.get("paper", {})) if transport == "paper" else None,
        tenants_in_test=frozenset(entry.get("tenants_in_test", ())),
        cutoffs=tuple(_cutoff(file, id, one, holidays) for one in entry.get("cutoffs", ())),
    )


def _sftp(file: str, id: str, entry: Mapping[str, Any]) -> SftpRoute:
    missing = {"host", "user", "key_file", "host_key"} - set(entry)
    if missing:
        msg = f"{file}: partner.{id}.sftp lacks {', '.join(sorted(missing))}"
        raise PolicyError(msg)
    settings: dict[str, Any] = {**entry, "key_file": Path(entry["key_file"])}
    return SftpRoute(**settings)


def _claim_types(file: str, id: str, entry: Mapping[str, Any], transport: str) -> frozenset[ClaimType]:
    """The kinds that a partner takes; no form on paper is there for dental claims."""
    able = frozenset[ClaimType](("P", "I")) if transport == "paper" else frozenset[ClaimType](get_args(ClaimType))
    taken = frozenset[ClaimType](entry.get("claim_types", able))
    if not taken <= able:
        msg = f"{file}: partner.{id}: claim_types are some of {', '.join(sorted(able))} with transport {transport}"
        raise PolicyError(msg)
    return taken


def _paper(file: str, id: str, entry: Mapping[str, Any]) -> PaperRoute:
    unknown = set(entry) - {"preprinted", "shift_right_mm", "shift_down_mm"}
    if unknown:
        msg = f"{file}: partner.{id}.paper has the unknown {', '.join(sorted(unknown))}"
        raise PolicyError(msg)
    return PaperRoute(**entry)


def _http(entry: Mapping[str, Any]) -> HttpRoute:
    token = entry.get("token_file")
    return HttpRoute(entry["url"], Path(token) if token else None, entry.get("timeout_seconds", 60))


def _cutoff(file: str, id: str, entry: Mapping[str, Any], holidays: Mapping[str, frozenset[date]]) -> CutoffRule:
    missing = CUTOFF_FIELDS - set(entry)
    if missing:
        msg = f"{file}: a cutoff of partner.{id} lacks {', '.join(sorted(missing))}"
        raise PolicyError(msg)
    try:
        ZoneInfo(entry["zone"])
    except (ZoneInfoNotFoundError, ValueError):
        msg = f"{file}: a cutoff of partner.{id} names the unknown time zone {entry['zone']!r}"
        raise PolicyError(msg) from None
    calendar: Sequence[str] = entry.get("holidays", ())
    unknown = set(calendar) - set(holidays)
    if unknown:
        msg = f"{file}: a cutoff of partner.{id} names holidays that are not in the file: {', '.join(sorted(unknown))}"
        raise PolicyError(msg)
    return CutoffRule(
        times=tuple(time.fromisoformat(at) for at in entry["times"]),
        zone=entry["zone"],
        valid_from=entry["valid_from"],
        valid_to=entry.get("valid_to"),
        source=entry["source"],
        owner=entry["owner"],
        weekdays=frozenset(WEEKDAYS.index(day) for day in entry.get("weekdays", WEEKDAYS[:5])),
        holidays=frozenset[date]().union(*(holidays[name] for name in calendar)),
    )

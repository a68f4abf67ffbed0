"""Where a guarantor lives, as far as the compliance gate needs it: the state and the time zones a person may be in.

A state with two zones gives both, so that an hour is only used when it is allowed in both. Source: the states' zones in
the IANA time zone database (`zone1970.tab`); 15 U.S.C. 261 and 49 CFR 71 draw the lines.
"""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.collections.core.messages import Place
from shared.identity import Guarantor

EAST, MIDDLE, MOUNTAIN, WEST = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
_ZONES: dict[tuple[str, ...], str] = {
    (EAST,): "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
    (EAST, "America/Detroit", MIDDLE): "MI",
    (EAST, MIDDLE): "FL KY TN",
    (EAST, "America/Indiana/Indianapolis", MIDDLE): "IN",
    (MIDDLE,): "AL AR IA IL LA MN MO MS OK WI",
    (MIDDLE, MOUNTAIN): "KS ND NE SD TX",
    (MOUNTAIN,): "CO MT NM UT WY",
    (MOUNTAIN, "America/Phoenix"): "AZ",
    (MOUNTAIN, "America/Boise", WEST): "ID",
    (WEST,): "CA WA",
    (WEST, MOUNTAIN): "NV OR",
    ("America/Anchorage", "America/Adak"): "AK",
    ("Pacific/Honolulu",): "HI",
    ("America/Puerto_Rico",): "PR VI",
    ("Pacific/Guam",): "GU MP",
    ("Pacific/Pago_Pago",): "AS",
}
STATE_ZONES = {state: zones for zones, states in _ZONES.items() for state in states.split()}
"""The zones of each state and territory by its postal code."""


def place_of(guarantor: Guarantor) -> Place:
    """The state and zones of a guarantor's address. Without a known state no zone is known, and nobody calls."""
    state = guarantor.address.state.strip().upper() if guarantor.address is not None else ""
    known = state if state in STATE_ZONES else ""
    return Place(state=known, zones=STATE_ZONES.get(known, ()), has_phone=bool((guarantor.phone or "").strip()))


def zone_exists(name: str) -> bool:
    """Whether this machine knows a time zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True

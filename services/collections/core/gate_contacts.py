"""Rules of the compliance gate about contacts: how often, when, where, by what medium, and with whom.

What a rule may not know it takes against the wish: no time zone, no known address, no proof of consent. Each answers in
a sentence a collector understands. Figures and sources: `policy/compliance.toml`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.collections.core.gate import (
    Carried,
    Case,
    Medium,
    Objection,
    Party,
    PastContact,
    Purpose,
    block,
    midnight,
    warn,
)

HEARD_ONLY = frozenset({Party.ATTORNEY, Party.PROFESSIONAL})
"""Calls to these are not counted: 12 CFR 1006.14(b)(3)(iii), the persons of 1006.6(d)(1)(ii) to (vi)."""

TRIES_MAX = 8
"""Places so far apart that they are never open together are told apart from others by so many openings."""


def zones_of(case: Case) -> tuple[ZoneInfo, ...]:
    """Wherever the person may be: where they live, and where the address used is. Unknown names are left out."""
    address = case.address
    names = dict.fromkeys((*case.person.zones, *(address.zones if address else ())))
    found: list[ZoneInfo] = []
    for name in names:
        try:
            found.append(ZoneInfo(name))
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return tuple(found)


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


# Calls: how many, and when


def _counted_calls(case: Case) -> tuple[PastContact, ...]:
    """Calls about this debt that count, oldest first."""
    consents = [one for one in case.person.consents if one.kind == "more_calls"]
    span = timedelta(days=case.figures["days"])

    def counts(call: PastContact) -> bool:
        address = case.person.address(call.address_id)
        agreed = any(
            one.holds(call.at, call.address_id) and call.at.date() < (one.given_at + span).date() for one in consents
        )
        about = call.debt_id == case.debt.debt_id and call.medium is Medium.CALL and call.at <= case.wish.at
        return (
            about and call.connected and not agreed and call.party not in HEARD_ONLY and not (address and address.wrong)
        )

    return tuple(sorted((call for call in case.past if counts(call)), key=lambda call: call.at))


def _agreed_to_more(case: Case) -> bool:
    span = timedelta(days=case.figures["days"])
    return any(
        one.kind == "more_calls"
        and one.holds(case.wish.at, case.wish.address_id)
        and case.wish.at.date() < (one.given_at + span).date()
        for one in case.person.consents
    )


def call_attempts(case: Case) -> Iterator[Objection]:
    if _agreed_to_more(case):
        return
    cap, days, calls = int(case.figures["calls"]), int(case.figures["days"]), _counted_calls(case)
    for zone in zones_of(case):
        today = case.wish.at.astimezone(zone).date()
        made_on = [call.at.astimezone(zone).date() for call in calls]
        recent = [day for day in made_on if day > today - timedelta(days)]
        if len(recent) >= cap:
            free_on: date = recent[len(recent) - cap] + timedelta(days)
            yield block(
                f"{len(recent)} calls about this debt within {days} days are the most", _start_of(free_on, zone)
            )
            return


def call_after_conversation(case: Case) -> Iterator[Objection]:
    if _agreed_to_more(case):
        return
    days = case.figures["days"]
    spoken = [call for call in _counted_calls(case) if call.conversation]
    for zone in zones_of(case) if spoken else ():
        today, last = case.wish.at.astimezone(zone).date(), spoken[-1].at.astimezone(zone).date()
        if today < last + timedelta(days):
            reason = f"they were spoken with about this debt less than {days} days ago"
            yield block(reason, _start_of(last + timedelta(days), zone))
            return


def rapid_calls(case: Case) -> Iterator[Objection]:
    calls = _counted_calls(case)
    gap = timedelta(minutes=case.figures["minutes"])
    if calls and case.wish.at - calls[-1].at < gap:
        yield warn(f"a call came less than {case.figures['minutes']} minutes ago: in rapid succession, calls annoy")
    today = [call for call in calls if case.wish.at - call.at < timedelta(days=1)]
    if len(today) >= case.figures["calls_a_day"]:
        yield warn(f"{len(today)} calls within a day keep to the number and may still be called harassment")


def hours(case: Case) -> Iterator[Objection]:
    zones = zones_of(case)
    if not zones:
        yield block("no time zone is known for this person and address: find out where they are")
        return
    first, last = time(case.figures["from_hour"]), time(case.figures["to_hour"])
    closed = [zone for zone in zones if not first <= case.wish.at.astimezone(zone).time() <= last]
    if closed:
        local = case.wish.at.astimezone(closed[0])
        reason = f"it is {local:%H:%M} in {closed[0].key}: only {first:%H:%M} to {last:%H:%M} there"
        yield block(reason, _open_everywhere(case.wish.at, zones, first, last))


def _open_everywhere(at: datetime, zones: tuple[ZoneInfo, ...], first: time, last: time) -> datetime | None:
    """The first moment from `at` on that lies between the hours in every zone; None when there is none in days."""
    for _ in range(TRIES_MAX):
        later = [_opens(at.astimezone(zone), first, last) for zone in zones]
        if max(later) == at:
            return at
        at = max(later)
    return None


def _opens(local: datetime, first: time, last: time) -> datetime:
    """The moment itself, or the next one at which its place is open; UTC."""
    if first <= local.time() <= last:
        return local.astimezone(UTC)
    day = local.date() + timedelta(days=local.time() > last)
    return datetime.combine(day, first, local.tzinfo).astimezone(UTC)


def refused_hours(case: Case) -> Iterator[Objection]:
    for zone in zones_of(case):
        local = case.wish.at.astimezone(zone)
        if any(hours.covers(local) for hours in case.person.refused_hours):
            reason = f"they called this hour inconvenient ({local:%A %H:%M} in {zone.key})"
            yield block(reason, _convenient_again(case, local))


def _convenient_again(case: Case, local: datetime) -> datetime | None:
    """When the last of the refused hours that cover a local moment ends, UTC; None when they have no end."""
    for _ in range(TRIES_MAX):
        covering = [hours for hours in case.person.refused_hours if hours.covers(local)]
        if not covering:
            return local.astimezone(UTC)
        ends = max(_ends(hours.ends, local) for hours in covering)
        if ends.astimezone(UTC) <= local.astimezone(UTC):
            return None
        local = ends
    return None


def _ends(clock: time, local: datetime) -> datetime:
    """The next time that a place's clock shows this."""
    day = local.date() + timedelta(days=local.time() >= clock)
    return datetime.combine(day, clock, local.tzinfo)


# Where, and by what medium


def address(case: Case) -> Iterator[Objection]:
    address = case.address
    if address is None:
        yield block("the address is not one of this person's")
    elif address.wrong:
        yield block("the address is known to be wrong")
    elif address.refused:
        yield block("they called this address or place inconvenient")


def workplace(case: Case) -> Iterator[Objection]:
    address = case.address
    if address is None or not address.of_workplace:
        return
    if case.person.employer_forbids:
        yield block("their employer forbids it")
    elif not case.person.agreed("workplace", case.wish.at, address.id):
        used = address.used_by_person_at is not None and address.used_by_person_at <= case.wish.at
        if case.wish.medium is Medium.EMAIL and not used:
            yield block(
                "this is an e-mail address of their workplace, and they have neither used it with us nor agreed"
            )


def stopped_medium(case: Case) -> Iterator[Objection]:
    since = case.person.stopped(case.wish.medium, case.wish.at)
    if since is None:
        return
    again = any(
        past.purpose is Purpose.CONFIRMATION and past.medium is case.wish.medium and past.at >= since
        for past in case.past
    )
    if case.wish.purpose is not Purpose.CONFIRMATION or again:
        yield block(f"they asked for no more by {case.wish.medium}; one confirmation may go out, and nothing else")


def opt_out(case: Case) -> Iterator[Objection]:
    if Carried.OPT_OUT not in case.wish.carries:
        yield block("the message does not say how to opt out")


def _used_lately(case: Case) -> bool:
    """The person used this address about the debt within the days of the rule."""
    address = case.address
    if address is None or address.used_by_person_at is None:
        return False
    return timedelta(0) <= case.wish.at - address.used_by_person_at <= timedelta(days=case.figures["days"])


def text_procedure(case: Case) -> Iterator[Objection]:
    days, checked_on = case.figures["days"], case.address.ownership_checked_on if case.address else None
    fresh = checked_on is not None and 0 <= (case.on - checked_on).days <= days
    if not fresh and not _used_lately(case):
        yield block(
            f"nobody has checked within {days} days that the number is still theirs, nor did they write from it"
        )


def email_procedure(case: Case) -> Iterator[Objection]:
    address = case.address
    if address is None:
        return
    at, days = case.wish.at, case.figures["opt_out_days"]
    used = address.used_by_person_at is not None and address.used_by_person_at <= at
    if used or case.person.agreed("email", at, address.id):
        return
    if address.handed_over_on is None:
        yield block("they have not used this e-mail address with us, not agreed, and no creditor announced it")
    elif case.on < address.handed_over_on + timedelta(days):
        until = midnight(address.handed_over_on + timedelta(days))
        yield block(f"the creditor's announcement leaves them {days} days to opt out", until)


def automated_consent(case: Case) -> Iterator[Objection]:
    at, address_id = case.wish.at, case.wish.address_id
    if case.wish.purpose is Purpose.CONFIRMATION and _just_revoked(case):
        return
    if not case.person.agreed("automated", at, address_id):
        yield block("they have not agreed to texts or machine calls at this number, or took it back")


def _just_revoked(case: Case) -> bool:
    within = timedelta(minutes=case.figures["confirm_minutes"])
    revoked = [one.revoked_at for one in case.person.consents if one.kind == "automated" and one.revoked_at]
    confirmed = any(
        past.purpose is Purpose.CONFIRMATION and past.medium is case.wish.medium and past.at >= max(revoked)
        for past in case.past
        if revoked
    )
    return bool(revoked) and timedelta(0) <= case.wish.at - max(revoked) <= within and not confirmed


# Who


def attorney(case: Case) -> Iterator[Objection]:
    if case.person.has_attorney:
        yield block("an attorney speaks for them: write to the attorney")


def cease(case: Case) -> Iterator[Objection]:
    if case.person.ceased_at is not None and case.person.ceased_at <= case.wish.at:
        yield block("they wrote that we must stop: only the end of our efforts, or a remedy, may be told once")


def third_party(case: Case) -> Iterator[Objection]:
    if case.wish.purpose is not Purpose.LOCATION:
        yield block("a debt is not spoken of with others; only where the person can be reached may be asked")
    elif any(past.party is Party.OTHER and past.address_id == case.wish.address_id for past in case.past):
        yield block("this person was asked once where to reach them, and once is all")


def deceased(case: Case) -> Iterator[Objection]:
    if case.person.deceased:
        yield block("they have died: only who acts for the estate may be contacted")


def minor(case: Case) -> Iterator[Objection]:
    if case.person.minor:
        yield block("a minor owes nothing: bill the guarantor")


def bankruptcy(case: Case) -> Iterator[Objection]:
    if case.person.bankruptcy == "filed":
        yield block("a bankruptcy stays everything: file a claim with the court, or wait for its end")
    elif case.person.bankruptcy == "discharged":
        yield block("the debt was discharged in bankruptcy: close it")


def active_duty(case: Case) -> Iterator[Objection]:
    if case.person.active_duty:
        yield block("they are on active duty: no court without a lawyer's word")

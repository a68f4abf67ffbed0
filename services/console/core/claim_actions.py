"""What a biller does with a claim from its page. Whether it may be done, the claims service says."""

from collections.abc import Mapping

from services.console.core.actions import REASON, Action
from services.console.core.forms import Field

BILLER = ("biller",)
APPROVER = ("biller", "poster", "operator")
VERSION = Field("version", "Version", "hidden", needed=False)
IN_HOUSE = ("received", "waiting_coverage", "ready")
CALLS = (
    ("no_answer", "nobody answered"),
    ("in_process", "it is in process"),
    ("will_reprocess", "they will process it again"),
    ("paid_on_date", "it was paid"),
    ("denial_upheld", "the denial stands"),
    ("sent_to_review", "sent to review"),
    ("wants_documents", "they want documents"),
)
CLOSINGS = (
    ("resubmitted", "sent again"),
    ("appealed", "appealed"),
    ("rebilled", "billed to another payer"),
    ("patient_billed", "billed to the patient"),
    ("duplicate_closed", "a duplicate"),
    ("nothing_to_do", "nothing to do"),
)
METHODS = (("letter", "letter"), ("portal", "payer's portal"), ("fax", "fax"))
OUTCOMES = (
    ("overturned", "overturned"),
    ("partly_overturned", "partly overturned"),
    ("upheld", "upheld"),
    ("dismissed", "dismissed"),
    ("withdrawn", "taken back by us"),
)

HOLD = Action(
    "hold",
    "Hold",
    "Keeps the claim in the house.",
    "claims",
    "/claims/{claim_id}/hold",
    (REASON,),
    BILLER,
    done="The claim is held.",
)
RELEASE = Action(
    "release",
    "Release",
    "Lets a held claim go. What no person may waive is refused.",
    "claims",
    "/claims/{claim_id}/release",
    (REASON,),
    BILLER,
    grave=True,
    done="The claim was released.",
)
RESUBMIT = Action(
    "resubmit",
    "Resubmit",
    "Sends a rejected claim again as it stands. Correct it first where it is wrong.",
    "claims",
    "/claims/{claim_id}/release",
    (REASON,),
    BILLER,
    grave=True,
    done="The claim goes out again.",
)
VOID = Action(
    "void",
    "Void",
    "Sends a void (8) of a claim that its payer decided. Nothing changes here until the payer takes its decision back.",
    "claims",
    "/claims/{claim_id}/void",
    (REASON,),
    BILLER,
    grave=True,
    done="The void is on its way.",
)
APPEAL = Action(
    "appeal",
    "Appeal",
    "Opens the level of appeal whose time runs, with the acknowledgements and the remittance as first evidence.",
    "claims",
    "/claims/{claim_id}/appeals",
    (),
    BILLER,
    done="The appeal is open.",
)
PACKET = Action(
    "appeal-packet",
    "Write the packet",
    "Has the letter and the packet of the appeal written.",
    "claims",
    "/appeals/{appeal_id}/packet",
    (Field("appeal_id", "Appeal", "hidden"),),
    BILLER,
    done="The packet is being written.",
)
SUBMITTED = Action(
    "appeal-submit",
    "Appeal sent",
    "Says how and when the appeal went to the payer.",
    "claims",
    "/appeals/{appeal_id}/submit",
    (
        Field("appeal_id", "Appeal", "hidden"),
        Field("method", "How", "choice", choices=METHODS),
        Field("submitted_on", "When", "day"),
        Field("reference", "Their reference", needed=False, hint="Kept sealed."),
    ),
    BILLER,
    done="Written down.",
)
ANSWERED = Action(
    "appeal-answer",
    "Appeal answered",
    "Says what the payer answered; the next level, where there is one, is open from that day.",
    "claims",
    "/appeals/{appeal_id}/answer",
    (
        Field("appeal_id", "Appeal", "hidden"),
        Field("outcome", "Answer", "choice", choices=OUTCOMES),
        Field("decided_on", "Decided", "day"),
    ),
    BILLER,
    done="Written down.",
)
CALL = Action(
    "call",
    "Log a call",
    "Writes a call to the payer down. With a next day the item waits for it.",
    "claims",
    "/work-items/{claim_id}/calls",
    (
        VERSION,
        Field("called_on", "Day", "day"),
        Field("outcome", "Outcome", "choice", choices=CALLS),
        Field("reference", "Call reference", hint="Kept sealed."),
        Field("representative", "Initials", most=10, hint="Of the representative; kept sealed."),
        Field("next_action_on", "Next step on", "day", needed=False),
    ),
    BILLER,
    done="The call is written down.",
)
REMARK = Action(
    "note",
    "Add a note",
    "Writes a note on the work item; it is kept sealed.",
    "claims",
    "/work-items/{claim_id}/notes",
    (VERSION, Field("text", "Note", "words", least=3, most=2000)),
    BILLER,
    done="The note is kept.",
)
CLOSE = Action(
    "close",
    "Close the work",
    "Says how the work on it was done. Giving money up is no way to close it.",
    "claims",
    "/work-items/{claim_id}/close",
    (VERSION, Field("outcome", "Outcome", "choice", choices=CLOSINGS)),
    BILLER,
    done="The work is closed.",
)
WRITE_OFF = Action(
    "write-off",
    "Ask for a write-off",
    "Asks that denied money be given up. Nothing is, until another person approves.",
    "claims",
    "/work-items/{claim_id}/write-off",
    (
        VERSION,
        Field("amount_cents", "Amount", "cents", hint="Such as 1,234.50."),
        Field("reason", "Why", "words", least=3, most=2000, hint="Kept sealed."),
    ),
    BILLER,
    grave=True,
    done="Another person has to approve it now.",
)
WRITE_OFF_DECISION = Action(
    "write-off-decision",
    "Decide the write-off",
    "Approves or refuses what another person asked for; by amount, some roles may not.",
    "claims",
    "/work-items/{claim_id}/write-off/decision",
    (VERSION, Field("approve", "Approve", "yes", needed=False), REASON),
    APPROVER,
    why=True,
    grave=True,
    done="Decided.",
)
MEND = Action(
    "correct",
    "Correct",
    "Puts right what is wrong and leaves the rest. After a decision of its payer, a corrected claim (7) follows.",
    "claims",
    "/claims/{claim_id}/mend",
    (
        Field("member_id", "Member id", needed=False, most=50),
        Field("group_number", "Group number", needed=False, most=50),
        Field("prior_authorization_number", "Authorization", needed=False, most=50),
        Field("referral_number", "Referral", needed=False, most=50),
        Field("place_of_service", "Place of service", needed=False, most=2, hint="Two digits."),
        Field("billing_npi", "Billing NPI", needed=False, most=10),
        Field("rendering_npi", "Rendering NPI", needed=False, most=10),
        Field("diagnoses", "Diagnoses", "codes", needed=False, hint="All of them in their order: J06.9, R05."),
        Field("line.number", "Line", "whole", needed=False, hint="Of which the next three are; from 1."),
        Field("line.procedure", "Procedure", needed=False, most=8),
        Field("line.modifiers", "Modifiers", "codes", needed=False, hint="All of them: 25, 59."),
        Field("line.charge_cents", "Charge", "cents", needed=False, hint="Such as 1,234.50."),
        REASON,
    ),
    BILLER,
    why=True,
    grave=True,
    done="The claim is corrected, and goes through the edits again.",
)

CLAIM_ACTIONS: Mapping[str, Action] = {
    one.name: one
    for one in (
        MEND,
        RELEASE,
        HOLD,
        RESUBMIT,
        APPEAL,
        PACKET,
        SUBMITTED,
        ANSWERED,
        VOID,
        CALL,
        REMARK,
        WRITE_OFF,
        WRITE_OFF_DECISION,
        CLOSE,
    )
}
DECIDED = ("denied", "paid")
MENDABLE = (*IN_HOUSE, "held", "rejected", *DECIDED)
APPEAL_STEPS: Mapping[str, tuple[Action, ...]] = {
    "open": (PACKET, SUBMITTED),
    "written": (PACKET, SUBMITTED),
    "submitted": (ANSWERED,),
}


def fitting(status: str, work: Mapping[str, object] | None, appeal: Mapping[str, object] | None) -> tuple[Action, ...]:
    """What makes sense as the claim stands; the service has the last word on each.

    `work` is its work item and `appeal` the last of its appeals, as the claims service shows them.
    """
    found: list[Action] = [MEND] if status in MENDABLE else []
    if status in {"held", "rejected"}:
        found.append(RELEASE if status == "held" else RESUBMIT)
    if status in IN_HOUSE:
        found.append(HOLD)
    step = APPEAL_STEPS.get(str(appeal.get("status"))) if appeal else None
    if step:
        found += step
    elif status == "denied":
        found.append(APPEAL)
    if work and work.get("status") not in {"done", "absent"}:
        found += [CALL, REMARK, WRITE_OFF_DECISION if work.get("write_off") else WRITE_OFF, CLOSE]
    if status in DECIDED:
        found.append(VOID)
    return tuple(found)

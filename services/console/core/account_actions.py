"""What posters and collectors do with an account from its page. Whether it may be done, its service says."""

from collections.abc import Mapping

from services.console.core.actions import NOTE, REASON, Action
from services.console.core.forms import Field

POSTER, COLLECTOR = ("poster",), ("collector",)
WHY = Field("reason", "Why", "words", least=3, most=500, hint="In words that name nobody.")
OF_CLAIM = Field("item_id", "Claim or charge", most=80)
METHODS = (("check", "check"), ("cash", "cash"), ("card", "card"), ("ach", "bank debit"), ("agency", "agency"))
SIDES = (("patient", "the patient's share"), ("payer", "the payer's share"))
WHY_WRITTEN_OFF = tuple(
    (name, name.replace("_", " "))
    for name in (
        "small_balance",
        "courtesy",
        "charity",
        "bankruptcy",
        "deceased",
        "timely_filing",
        "never_billable",
        "contractual",
        "administrative",
    )
)
DISPUTES = (
    ("amount", "the amount is wrong"),
    ("not_mine", "not their debt"),
    ("paid", "paid already"),
    ("insurance", "insurance should pay"),
    ("service", "about the service"),
    ("estimate", "above the estimate"),
    ("identity_theft", "identity theft"),
    ("validation", "wants the debt verified"),
    ("other", "something else"),
)
ENDS = (("stands", "the debt stands"), ("corrected", "it was corrected"), ("withdrawn", "they took it back"))
CHANNELS = (
    ("phone", "phone"),
    ("letter", "letter"),
    ("email", "e-mail"),
    ("text", "text message"),
    ("portal", "portal"),
)
PURPOSES = (
    ("statement", "statement"),
    ("reminder", "reminder"),
    ("plan", "plan"),
    ("other", "something else"),
)
OUTCOMES = (
    ("reached", "reached"),
    ("no_answer", "nobody answered"),
    ("left_message", "left a message"),
    ("not_connected", "not connected"),
    ("wrong_number", "wrong number"),
)
DIRECTIONS = (("out", "we contacted them"), ("in", "they contacted us"))
MEDIA = (("call", "call"), ("text", "text message"), ("email", "e-mail"), ("letter", "letter"), ("portal", "portal"))
EXCLUSIONS = (
    ("person_decides", "a person decides"),
    ("service_recovery", "service recovery"),
    ("staff", "staff"),
    ("legal", "legal"),
    ("test", "test"),
    ("other", "something else"),
)

POST = Action(
    "post",
    "Post a payment",
    "Posts money of the guarantor: in the cash book, and on the oldest balance or the claim that is named.",
    "payments",
    "/payments",
    (
        Field("paid_cents", "Amount", "cents", hint="Such as 1,234.50."),
        Field("method", "How", "choice", choices=METHODS),
        Field("check_number", "Check number", needed=False, most=20, hint="The same check is posted once."),
        Field("received_on", "Received on", "day", needed=False, hint="Today, if left empty."),
        Field("deposit_slip", "Deposit slip", needed=False, most=50),
        Field("claim_id", "For claim", needed=False, most=80, hint="The oldest balance, if left empty."),
    ),
    POSTER,
    of_page=("account_id",),
    grave=True,
    done="The payment is posted.",
)
WRITE_OFF = Action(
    "write-off",
    "Write off",
    "Gives money of one claim or charge up: at once within the limit of its reason, else when another person approves.",
    "payments",
    "/accounts/{account_id}/write-offs",
    (
        OF_CLAIM,
        Field("side", "Whose share", "choice", choices=SIDES),
        Field("reason", "Reason", "choice", choices=WHY_WRITTEN_OFF),
        Field("written_off_cents", "Amount", "cents", hint="Such as 1,234.50."),
        NOTE,
    ),
    POSTER,
    grave=True,
    done="Written off, or waiting for another person: see below.",
)
DECIDE = Action(
    "decide-write-off",
    "Decide the write-off",
    "Approves or declines what another person asked for.",
    "payments",
    "/accounts/{account_id}/write-offs/{write_off_id}/decision",
    (Field("write_off_id", "Write-off", "hidden"), Field("approved", "Approve", "yes", needed=False), NOTE),
    POSTER,
    grave=True,
    done="Decided.",
)
REVERT = Action(
    "revert-write-off",
    "Undo a write-off",
    "Reverses what stands of a write-off, by linked entries.",
    "payments",
    "/accounts/{account_id}/write-offs/{write_off_id}/revert",
    (Field("write_off_id", "Write-off", most=80, hint="Its id stands in the ledger: wo_…"), NOTE),
    POSTER,
    grave=True,
    done="The write-off is undone.",
)
MOVE = Action(
    "move",
    "Move money",
    "Puts money of a payment on another claim or charge, by linked entries.",
    "payments",
    "/accounts/{account_id}/payments/{payment_id}/move",
    (
        Field("payment_id", "Payment", most=80, hint="Its id stands in the ledger: pay_…"),
        Field("from_item_id", "From claim", needed=False, most=80, hint="What is unapplied, if left empty."),
        Field("to_item_id", "To claim", needed=False, most=80, hint="It stays unapplied, if left empty."),
        Field("moved_cents", "Amount", "cents", hint="Such as 1,234.50."),
        WHY,
    ),
    POSTER,
    grave=True,
    done="The money is moved.",
)
RETURNED = Action(
    "returned",
    "Reverse a returned check",
    "Takes a check that the bank returned off the account; what it paid is owed again.",
    "payments",
    "/payments/{payment_id}/returned",
    (
        Field("payment_id", "Payment", most=80, hint="Its id stands in the ledger: pay_…"),
        Field("reason", "The bank's word", least=2, most=60, hint="Such as NSF."),
    ),
    POSTER,
    of_page=("account_id",),
    grave=True,
    done="The check is reversed.",
)
REFUND = Action(
    "refund",
    "Refund",
    "Asks for a refund of money that is not applied. Above the client's limit another person approves it.",
    "payments",
    "/refunds",
    (
        Field("payment_id", "Payment", most=80, hint="Its id stands in the ledger: pay_…"),
        Field("refunded_cents", "Amount", "cents", hint="Such as 1,234.50."),
        Field("method", "How", "choice", choices=(("check", "check"), ("card", "back to the card"), ("cash", "cash"))),
        WHY,
    ),
    POSTER,
    of_page=("account_id",),
    fixed={"party": "patient"},
    grave=True,
    done="The refund is asked for.",
)
PLAN = Action(
    "plan",
    "Start a plan",
    "Starts a payment plan as agreed. The policy's reasons are shown where it does not allow it.",
    "collections",
    "/plans",
    (
        Field("installments", "Installments", "whole", hint="A month apart."),
        Field("first_due_on", "First due", "day"),
        Field("channel", "Agreed by", "choice", choices=CHANNELS, value="phone"),
    ),
    COLLECTOR,
    of_page=("account_id",),
    done="The plan has begun.",
)
DISPUTE = Action(
    "dispute",
    "Take in a dispute",
    "What a dispute stops, stops at once, and the person is told that it came.",
    "collections",
    "/accounts/{account_id}/disputes",
    (
        Field("kind", "What about", "choice", choices=DISPUTES),
        Field("received_on", "Came on", "day"),
        Field("written", "In writing", "yes", needed=False),
        Field("disputed_cents", "Amount", "cents", needed=False, hint="All of it, if left empty."),
        WHY,
    ),
    COLLECTOR,
    done="The dispute is taken in.",
)
VERIFY = Action(
    "verify",
    "Send the verification",
    "Sends the verification with its packet.",
    "collections",
    "/accounts/{account_id}/disputes/{dispute_id}/verification",
    (Field("dispute_id", "Dispute", "hidden"), WHY),
    COLLECTOR,
    done="The verification is on its way.",
)
RESOLVE = Action(
    "resolve",
    "Answer the dispute",
    "Answers the dispute and tells the person.",
    "collections",
    "/accounts/{account_id}/disputes/{dispute_id}/resolution",
    (Field("dispute_id", "Dispute", "hidden"), Field("outcome", "How it ends", "choice", choices=ENDS), WHY),
    COLLECTOR,
    done="The dispute is answered.",
)
CONTACT = Action(
    "contact",
    "Log a contact",
    "Writes down a contact that happened just now.",
    "collections",
    "/contacts",
    (
        Field("direction", "Who", "choice", choices=DIRECTIONS, value="out"),
        Field("channel", "By", "choice", choices=CHANNELS, value="phone"),
        Field("purpose", "About", "choice", choices=PURPOSES),
        Field("outcome", "Outcome", "choice", choices=OUTCOMES),
        Field("next_action_on", "Next step on", "day", needed=False, hint="The policy's day, if left empty."),
    ),
    COLLECTOR,
    of_page=("account_id",),
    done="The contact is written down.",
)
GATE = Action(
    "gate",
    "May I contact them?",
    "Asks the gate now; the answer is kept, with every rule.",
    "collections",
    "/accounts/{account_id}/gate",
    (Field("medium", "By", "choice", choices=MEDIA), WHY),
    COLLECTOR,
    done="The gate has answered: see its decisions below.",
)
EXCLUDE = Action(
    "exclude",
    "Leave alone",
    "Takes the account out of dunning, for good or until a day.",
    "collections",
    "/accounts/{account_id}/exclusion",
    (
        Field("exclusion", "Reason", "choice", choices=EXCLUSIONS),
        Field("until", "Until", "day", needed=False, hint="For good, if left empty."),
        REASON,
    ),
    COLLECTOR,
    why=True,
    renamed={"exclusion": "reason"},
    done="The account is left alone.",
)
INCLUDE = Action(
    "include",
    "End the exclusion",
    "Dunning goes on where it stood.",
    "collections",
    "/accounts/{account_id}/exclusion",
    (REASON,),
    COLLECTOR,
    method="DELETE",
    why=True,
    done="Dunning goes on.",
)

ACCOUNT_ACTIONS: Mapping[str, Action] = {
    one.name: one
    for one in (
        POST,
        WRITE_OFF,
        DECIDE,
        REVERT,
        MOVE,
        RETURNED,
        REFUND,
        PLAN,
        DISPUTE,
        VERIFY,
        RESOLVE,
        CONTACT,
        GATE,
        EXCLUDE,
        INCLUDE,
    )
}
OF_A_ROW = frozenset({DECIDE.name, VERIFY.name, RESOLVE.name})
"""These stand beside what they are about."""


def fitting(*, excluded: bool) -> tuple[Action, ...]:
    """What the page offers for the whole account."""
    gone = {EXCLUDE.name if excluded else INCLUDE.name, *OF_A_ROW}
    return tuple(one for one in ACCOUNT_ACTIONS.values() if one.name not in gone)

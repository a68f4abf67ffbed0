"""What people do with rows of work lists: one call of the owning service each. A table, not logic."""

from services.console.core.actions import NOTE, Action
from services.console.core.forms import Field

OUTCOMES = ("resubmitted", "appealed", "rebilled", "patient_billed", "duplicate_closed", "nothing_to_do")
OWNER = Field("owner", "To whom", "line", most=80, hint="The name that this person signs in with.")
NOBODY = Field("owner", "To whom", "line", needed=False, most=80, hint="The name they sign in with; empty: to nobody.")
UNTIL = Field("until", "Until", "day", hint="It comes back by itself on this day.")
BILLER, POSTER, COLLECTOR = ("biller",), ("poster",), ("collector", "operator")

RELEASE = Action(
    name="release",
    label="Release",
    does="Let the claim go on, or send a rejected one again. What nobody may waive stays.",
    service="claims",
    path="/claims/{id}/release",
    fields=(NOTE,),
    roles=BILLER,
    renamed={"note": "reason"},
    grave=True,
    done="released",
)
HOLD = Action(
    name="hold",
    label="Hold again",
    does="Keep the claim back.",
    service="claims",
    path="/claims/{id}/hold",
    fields=(NOTE,),
    roles=BILLER,
    renamed={"note": "reason"},
)
OWN_CLAIM = Action(
    name="assign",
    label="Assign",
    does="Say who answers for it.",
    service="claims",
    path="/claims/{id}/owner",
    fields=(NOBODY,),
    roles=BILLER,
    done="assigned",
)
ASSIGN_ITEM = Action(
    name="assign",
    label="Assign",
    does="Give the work to somebody, or to nobody.",
    service="claims",
    path="/work-items/{id}/assign",
    fields=(NOBODY,),
    roles=BILLER,
    of_page=("version",),
    fixed={"owner": None},
    done="assigned",
)
WAIT = Action(
    name="wait",
    label="Put off",
    does="Take it out of work until a day.",
    service="claims",
    path="/work-items/{id}/wait",
    fields=(UNTIL,),
    roles=BILLER,
    of_page=("version",),
    done="put off",
)
CLOSE = Action(
    name="close",
    label="Close",
    does="Say how it was done. A write-off needs a second person, and is asked for on the claim's page.",
    service="claims",
    path="/work-items/{id}/close",
    fields=(Field("outcome", "How", "choice", choices=tuple((one, one.replace("_", " ")) for one in OUTCOMES)),),
    roles=BILLER,
    of_page=("version",),
    grave=True,
    done="closed",
)
POST_PARKED = Action(
    name="release",
    label="Post as it stands",
    does="Post a parked remittance though its equation does not hold.",
    service="payments",
    path="/remittances/{id}/release",
    fields=(NOTE,),
    roles=POSTER,
    renamed={"note": "reason"},
    grave=True,
    done="posted",
)
REJECT_PARKED = Action(
    name="reject",
    label="Never post",
    does="Refuse a parked remittance for good.",
    service="payments",
    path="/remittances/{id}/reject",
    fields=(NOTE,),
    roles=POSTER,
    renamed={"note": "reason"},
    grave=True,
    done="refused",
)
ASSIGN_CREDIT = Action(
    name="assign",
    label="Assign",
    does="Say who looks after the credit.",
    service="payments",
    path="/credits/{id}/owner",
    fields=(OWNER,),
    roles=POSTER,
    done="assigned",
)
ASSIGN_SHORT = Action(
    name="assign",
    label="Assign",
    does="Say who looks after it.",
    service="payments",
    path="/underpayments/{id}/assign",
    fields=(OWNER,),
    roles=POSTER,
    done="assigned",
)
ACCEPT_SHORT = Action(
    name="accept",
    label="Accept the payment",
    does="The payer is right after all.",
    service="payments",
    path="/underpayments/{id}/accept",
    fields=(NOTE,),
    roles=POSTER,
    renamed={"note": "reason"},
    grave=True,
    done="accepted",
)
REOPEN_SHORT = Action(
    name="reopen",
    label="Work on it again",
    does="Take back that it was accepted.",
    service="payments",
    path="/underpayments/{id}/reopen",
    fields=(NOTE,),
    roles=POSTER,
    renamed={"note": "reason"},
)
SET_ASIDE = Action(
    name="set-aside",
    label="Set aside",
    does="The rest of the deposit is no payer's and no patient's money: say what it is.",
    service="payments",
    path="/bank/deposits/{id}/set-aside",
    fields=(NOTE,),
    roles=POSTER,
    renamed={"note": "reason"},
    grave=True,
    done="set aside",
)
ASSIGN_ACCOUNT = Action(
    name="assign",
    label="Assign",
    does="Take the account, or give it back. An operator gives it to anybody.",
    service="collections",
    path="/accounts/{id}/assignment",
    fields=(NOBODY,),
    roles=COLLECTOR,
    of_page=("version",),
    fixed={"owner": None},
    done="assigned",
)
PUT_OFF = Action(
    name="put-off",
    label="Put off",
    does="Take the account out of its queue until a day.",
    service="collections",
    path="/accounts/{id}/put-off",
    fields=(UNTIL,),
    roles=("collector",),
    of_page=("version",),
    done="put off",
)

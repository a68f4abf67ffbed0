"""What the page of one payment says: what is left to do, that it is on its way, or its receipt."""

from typing import Any, Literal

from services.payments.core.card_payment import CardPayment
from services.payments.core.pay_form import OVER
from services.payments.pay_page_visit import Visit
from services.payments.pay_page_words import LANGUAGES

SECONDS_TO_LOOK_AGAIN = 3
Step = Literal["preparing", "checking", "ready", "pending", "received", "booked", "failed", "went_back"]
TONES = {"pending": "good", "received": "good", "booked": "good", "failed": "fault", "went_back": "fault"}
LOOKS_AGAIN = frozenset({"preparing", "checking", "received"})
"""Steps that end by themselves in a moment: the page asks again."""


def step_of(payment: CardPayment, *, came_back: bool) -> Step:
    """Where a payment stands for whoever makes it. `came_back`: from the processor, whose news may still come."""
    match payment.status:
        case "requested":
            return "preparing"
        case "waiting":
            return "checking" if came_back else "ready"
        case "pending":
            return "pending"
        case "paid":
            return "booked" if payment.posted else "received"
        case status:
            return "failed" if status in OVER - {"charged_back"} else "went_back"


async def shown_payment(
    visit: Visit, payment: CardPayment, attempt: int, origin: str, *, came_back: bool
) -> dict[str, Any]:
    """What the template is given. The processor's secret is there only while something is to be paid."""
    step, page = step_of(payment, came_back=came_back), visit.page
    here, words = f"{page.here}/payments/{attempt}", LANGUAGES[page.language]
    said = [words["received" if step == "booked" else step]] + [words["receipt_soon"]] * (step == "received")
    is_ready = step == "ready"
    secret = (await visit.run.sealer.open(payment.sealed_client_secret)).decode() if is_ready else ""
    return {
        "said": said,
        "tone": TONES.get(step, "wait"),
        "refresh": SECONDS_TO_LOOK_AGAIN if step in LOOKS_AGAIN else 0,
        "secret": secret,
        "return_url": f"{origin.rstrip('/')}{here}?back=1&lang={page.language}" if is_ready else "",
        "receipt": f"{page.here}/receipts/{attempt}" if step == "booked" else "",
        "again": f"{here}?lang={page.language}" if step == "checking" else "",
    }

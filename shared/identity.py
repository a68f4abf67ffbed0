"""What is inside sealed fields: the identifiers that sister services need. Never stored or sent in the clear."""

from datetime import date

from shared.contracts import Contract
from shared.sealed import Sealer


class PostalAddress(Contract):
    """Where a letter goes."""

    line1: str
    line2: str = ""
    city: str
    state: str = ""
    postal_code: str = ""


class Individual(Contract):
    """A person as payers know them; `sex` is DMG03 (F, M, U) or empty."""

    last_name: str
    first_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    birth_date: date | None = None
    sex: str = ""
    address: PostalAddress | None = None


class SubscriberIdentity(Contract):
    """Who is insured, and who the patient is when it is somebody else: the content of `sealed_subscriber`."""

    subscriber: Individual
    member_id: str
    group_number: str = ""
    patient: Individual | None = None  # None: the subscriber is the patient
    patient_relationship: str = "18"  # of the patient to the subscriber; 18 is self


class Guarantor(Contract):
    """Who owes the patient's share: the content of `sealed_guarantor`."""

    name: str
    address: PostalAddress | None = None
    phone: str | None = None


async def seal_model(sealer: Sealer, tenant: str, account_id: str, model: Contract) -> str:
    """Seal one of these for an account."""
    return await sealer.seal(tenant, account_id, model.model_dump_json().encode())

"""The service's own parts, made once from a runtime: what performers, loops and the HTTP edge share."""

from dataclasses import dataclass

from services.claims.core import Claim, ClaimFact, ClaimMessage
from services.claims.core.successors import Refusing
from services.claims.intake import Intake
from services.claims.patients import Patients
from services.claims.routing import Routing
from services.claims.succession import refusing_payers
from services.claims.tenants import Tenants
from services.claims.vault import FileVault
from shared.decider import Decider
from shared.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Parts:
    """What a claim's way through the service needs."""

    claim: Decider[Claim, ClaimMessage, ClaimFact]
    routing: Routing
    vault: FileVault
    intake: Intake
    tenants: Tenants
    refusing: tuple[Refusing, ...] = ()


def make_parts(runtime: Runtime, claim: Decider[Claim, ClaimMessage, ClaimFact], routing: Routing) -> Parts:
    """The parts on a runtime."""
    return Parts(
        claim=claim,
        routing=routing,
        vault=FileVault(runtime.store, runtime.sealer),
        intake=Intake(
            runtime.store,
            runtime.sealer,
            runtime.pseudonyms,
            routing,
            claim,
            Patients(runtime.store, runtime.shell),
        ),
        tenants=Tenants(runtime.store),
        refusing=refusing_payers(),
    )

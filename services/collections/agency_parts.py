"""What the service has of agencies: its deciders, who performs what they ask, and the folder it watches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.collections.agency_intake import AgencyIntake
from services.collections.agency_performers import Accounts, AgencyPerformers
from services.collections.agency_pickup import FOLDER, AgencyPickup
from services.collections.core.agency import AgencyDecider, make_agency
from services.collections.core.agency_file import AGENCY_FILE
from services.collections.core.agency_policy import AgencyBook
from services.collections.core.gate_shelf import RuleShelf
from services.collections.core.placement import PlacementDecider, make_placement
from services.collections.performers import OutgoingMail
from services.collections.render import Letterhead
from shared.decider import Decider, Due
from shared.inbox import Routes, join_routes, route
from shared.runtime import Loop, Runtime
from shared.sealed_files import SealedFiles


@dataclass(frozen=True, slots=True)
class AgencyParts:
    """Everything of agencies, under the clients' contracts."""

    book: AgencyBook
    placements: PlacementDecider
    agencies: AgencyDecider

    @property
    def deciders(self) -> Sequence[Decider[Any, Any, Any]]:
        return self.placements, self.agencies, AGENCY_FILE

    def routes(self) -> Routes:
        """Deadlines: files to write, and time that is over."""
        return join_routes(route(self.placements, Due), route(self.agencies, Due))

    def performers(
        self,
        runtime: Runtime,
        accounts: Accounts,
        rules: RuleShelf,
        mail: OutgoingMail,
        heads: Mapping[str, Letterhead],
        exchange: Path,
    ) -> AgencyPerformers:
        return AgencyPerformers(
            runtime, self.book, accounts, self.placements, self.agencies, rules, mail, heads, exchange
        )

    def intake(self, runtime: Runtime) -> AgencyIntake:
        return AgencyIntake(runtime, self.book, self.placements)

    def vault(self, runtime: Runtime) -> SealedFiles:
        return SealedFiles(runtime.store, runtime.sealer, FOLDER)

    def loops(self, runtime: Runtime, exchange: Path) -> Sequence[Loop]:
        return (AgencyPickup(runtime, exchange, self.vault(runtime), self.intake(runtime)),)


def agency_parts(book: AgencyBook) -> AgencyParts:
    return AgencyParts(book, make_placement(book), make_agency(book))

"""The composition root of the claims service: the only place that constructs things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from services.claims.ack_performer import AckReader, Watches
from services.claims.api import router
from services.claims.appeal_api import EVIDENCE_PATH
from services.claims.appeal_api import router as appeal_router
from services.claims.appeal_performer import AppealWriter
from services.claims.archive_api import router as archive_router
from services.claims.attachment_api import ATTACHMENTS_PATH
from services.claims.attachment_api import router as attachment_router
from services.claims.attachment_rules import attachment_book
from services.claims.batcher import Batcher
from services.claims.charge_mappings import charge_mappings
from services.claims.core import ACK_FILE, INTAKE_FILE, SUBMISSION, Claim, ClaimFact, ClaimMessage, make_claim_decider
from services.claims.core.ack_file import ReadAcks
from services.claims.core.appeal import APPEAL, RenderPacket
from services.claims.core.coverage_news import COVERAGE_NEWS, TellNews
from services.claims.core.intake_file import ReadFile
from services.claims.core.next_payer import BillNextPayer
from services.claims.core.papers import PAPERS
from services.claims.core.papers_messages import BuildSending, DeliverSending, NamePaper
from services.claims.core.rebilling import RebillClaim
from services.claims.core.rules_job import JOB, LoadReference, TryOn
from services.claims.core.rules_library import LIBRARY
from services.claims.core.rules_restriction import RESTRICTION, TellRestriction
from services.claims.core.standing import STANDING, TellStanding
from services.claims.core.submission import BuildSubmission, DeliverSubmission, TellClaims
from services.claims.core.turns import TURNS
from services.claims.core.watch import WatchDecider, make_watch
from services.claims.core.watch_file import FileWatchDecider, make_file_watch
from services.claims.core.watch_messages import AskStatus
from services.claims.core.work_item import make_work_decider
from services.claims.core.work_messages import WorkFact, WorkMessage
from services.claims.core.work_state import WorkItem
from services.claims.coverage_performer import CoverageTeller, Rebiller
from services.claims.desk_api import router as desk_router
from services.claims.figures import FIGURES
from services.claims.file_performer import FileReader
from services.claims.forms import Readers
from services.claims.handlers import TOPICS, all_routes, papers_routes, watch_routes
from services.claims.hl7_senders import hl7_senders
from services.claims.inquiry_performer import TIMEOUT_SECONDS, StatusInquirer
from services.claims.mend_api import router as mend_router
from services.claims.papers_performer import PaperSenders, PapersPerformer
from services.claims.parts import Parts, make_parts
from services.claims.pickup import AckFiles, ClaimFiles, Pickup
from services.claims.policies import claims_policy, quota_book
from services.claims.quotas import Quotas
from services.claims.reference_performer import RulesPerformer
from services.claims.restriction_performer import RestrictionTeller
from services.claims.routing import Routing, routing_table
from services.claims.rulebooks import base_rules, books_of
from services.claims.rules_api import REFERENCE_PATHS
from services.claims.rules_api import router as rules_router
from services.claims.settings import ClaimsSettings
from services.claims.status_api import router as status_router
from services.claims.submission_performer import SubmissionPerformer
from services.claims.succession import NextPayers
from services.claims.watch_rules import watch_book
from services.claims.work_api import router as work_router
from services.claims.work_rules import work_policy
from services.claims.x12_api import router as x12_router
from shared.decider import Decider, Effect
from shared.http import make_app, serve
from shared.inbox import join_routes
from shared.runtime import Loop, Runtime, Spec
from shared.versions_api import versions_router
from shared.worker import Performer


@dataclass(frozen=True, slots=True)
class Built:
    """What is made once for a process, from its settings and its dated policies."""

    settings: ClaimsSettings
    quotas: Quotas
    transport: httpx.AsyncBaseTransport | None
    routing: Routing
    readers: Readers
    claim: Decider[Claim, ClaimMessage, ClaimFact]
    work: Decider[WorkItem, WorkMessage, WorkFact]
    watch: WatchDecider
    file_watch: FileWatchDecider

    def performers(self, runtime: Runtime) -> Mapping[str, Mapping[type[Effect], Performer]]:
        """For each kind of aggregate, who performs its effects."""
        claim, settings = self.claim, self.settings
        parts = make_parts(runtime, claim, self.routing)
        files = FileReader(runtime, claim, parts.intake, parts.vault, self.quotas, self.readers)
        teller = CoverageTeller(runtime, claim)
        rules = RulesPerformer(runtime, claim, parts.vault, books_of(runtime.store))
        client = payers_client(settings, self.transport)
        inquirer = StatusInquirer(runtime, claim, self.routing, settings.exchange, client)
        watches = Watches(self.watch, self.file_watch)
        return {
            claim.kind: {
                BillNextPayer: NextPayers(runtime, claim, parts.intake).bill,
                RebillClaim: Rebiller(runtime, claim, parts.intake, parts.refusing).rebill,
            },
            RESTRICTION.kind: {TellRestriction: RestrictionTeller(runtime, claim).tell},
            STANDING.kind: {TellStanding: teller.standing},
            COVERAGE_NEWS.kind: {TellNews: teller.news},
            INTAKE_FILE.kind: {ReadFile: files.read},
            SUBMISSION.kind: self._senders(runtime, parts),
            ACK_FILE.kind: {ReadAcks: AckReader(runtime, claim, parts.vault, self.routing, watches).read},
            self.watch.kind: {AskStatus: inquirer.ask},
            APPEAL.kind: {RenderPacket: AppealWriter(runtime, claim, parts.vault).write},
            PAPERS.kind: self._papers(runtime, parts),
            JOB.kind: {LoadReference: rules.load, TryOn: rules.try_on},
        }

    def _senders(self, runtime: Runtime, parts: Parts) -> Mapping[type[Effect], Performer]:
        outbound = SubmissionPerformer(runtime, self.claim, self.routing, parts.vault, self.settings.exchange)
        return {
            BuildSubmission: outbound.build,
            DeliverSubmission: outbound.deliver,
            TellClaims: outbound.tell,
        }

    def _papers(self, runtime: Runtime, parts: Parts) -> Mapping[type[Effect], Performer]:
        senders = PaperSenders(self.claim, self.routing, attachment_book(), self.file_watch)
        papers = PapersPerformer(runtime, senders, parts.vault, self.settings.exchange)
        return {NamePaper: papers.name, BuildSending: papers.build, DeliverSending: papers.deliver}

    def loops(self, runtime: Runtime) -> Sequence[Loop]:
        """What finds work by looking: dropped claims, acknowledgements, claims ready for a file."""
        settings = self.settings
        parts = make_parts(runtime, self.claim, self.routing)
        vault, tenants, settle = parts.vault, parts.tenants, settings.settle_seconds
        return (
            Pickup("intake", runtime, settings.intake, ClaimFiles(self.quotas), vault, tenants, settle_seconds=settle),
            Pickup("acks", runtime, settings.exchange, AckFiles(), vault, tenants, settle_seconds=0),
            Batcher(runtime, self.claim, self.routing, tenants),
        )

    def deciders(self) -> Sequence[Decider[Any, Any, Any]]:
        """Every kind of aggregate of this service."""
        about_claims = (self.claim, self.work, APPEAL, PAPERS, STANDING, COVERAGE_NEWS, TURNS)
        about_files = (SUBMISSION, INTAKE_FILE, ACK_FILE)
        return (*about_claims, *about_files, JOB, LIBRARY, RESTRICTION, self.watch, self.file_watch)


def make_spec(
    settings: ClaimsSettings, quotas: Quotas | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> Spec:
    """What makes this service. Policies are read once; their entries are dated, so time may move under them.

    `quotas` are those of the process, where its HTTP edge charges them too; `transport` leads to the payers.
    """
    built = _built(settings, quotas or make_quotas(settings), transport)
    return Spec(
        name="claims",
        deciders=built.deciders(),
        routes=join_routes(
            all_routes(built.claim, built.work), watch_routes(built.watch, built.file_watch), papers_routes()
        ),
        performers=built.performers,
        loops=built.loops,
        topics=TOPICS,
        figures=FIGURES,
    )


def _built(settings: ClaimsSettings, quotas: Quotas, transport: httpx.AsyncBaseTransport | None) -> Built:
    base_rules()  # a base set that is none is found at the start, not at the first claim
    routing = routing_table(settings.routing_file)
    on_paper = frozenset(one.id for one in routing.partners.values() if one.transport == "paper")
    book = watch_book(settings.inquiries_file, real_time=settings.sandbox_url is not None, on_paper=on_paper)
    return Built(
        settings=settings,
        quotas=quotas,
        transport=transport,
        routing=routing,
        readers=Readers(charge_mappings(settings.charge_sheets_file), hl7_senders(settings.hl7_senders_file)),
        claim=make_claim_decider(claims_policy()),
        work=make_work_decider(work_policy()),
        watch=make_watch(book),
        file_watch=make_file_watch(book),
    )


def payers_client(
    settings: ClaimsSettings, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient | None:
    """The real-time connection, where the environment names one. We wait for a connection as long as it takes."""
    if settings.sandbox_url is None:
        return None
    timeout = httpx.Timeout(TIMEOUT_SECONDS, pool=None)
    return httpx.AsyncClient(base_url=settings.sandbox_url, timeout=timeout, transport=transport)


def make_quotas(settings: ClaimsSettings) -> Quotas:
    """The buckets of this process, full."""
    return Quotas(quota_book(settings.quota_file))


def create_app(settings: ClaimsSettings | None = None) -> FastAPI:
    """The ASGI application."""
    settings = settings or ClaimsSettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    quotas = make_quotas(settings)
    app = make_app(
        make_spec(settings, quotas),
        settings,
        router,
        rules_router,
        work_router,
        desk_router,
        status_router,
        appeal_router,
        archive_router,
        x12_router,
        mend_router,
        attachment_router,
        versions_router("claim", "/claims/{claim_id}", "biller", "auditor"),
        versions_router("work_item", "/work-items/{claim_id}", "biller", "auditor"),
        versions_router("appeal", "/appeals/{appeal_id}", "biller", "auditor"),
        streams=("/files", *REFERENCE_PATHS, EVIDENCE_PATH, ATTACHMENTS_PATH),
    )
    app.state.quotas = quotas
    app.state.routing = routing_table(settings.routing_file)
    app.state.upload_bytes_max = settings.upload_bytes_max
    app.state.policy = claims_policy()
    return app


if __name__ == "__main__":
    settings = ClaimsSettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    serve(create_app(settings), settings)

"""What the claims service is told by its environment, beyond what every service is."""

from pathlib import Path

from pydantic import Field, NonNegativeFloat, PositiveInt

from services.claims.policies import POLICY_FOLDER
from shared.settings import Settings


class ClaimsSettings(Settings):
    """Frozen; `REVCYCLE_…`."""

    database: str = "revcycle_claims"
    port: PositiveInt = 8102
    intake: Path = Field(description="Folder where claims are dropped: <intake>/<tenant>/*.837, *.csv, …")
    exchange: Path = Field(description="Folder shared with the clearinghouse: <exchange>/<tenant>/to_payer and acks.")
    routing_file: Path = POLICY_FOLDER / "routing.toml"
    charge_sheets_file: Path = Field(
        default=POLICY_FOLDER / "charge_sheets.toml",
        description="What the columns of each tenant's charge sheets hold.",
    )
    hl7_senders_file: Path = Field(
        default=POLICY_FOLDER / "hl7_senders.toml", description="What each tenant's HL7 messages leave out."
    )
    inquiries_file: Path = Field(
        default=POLICY_FOLDER / "inquiries.toml", description="How long answers may take, and when payers are asked."
    )
    sandbox_url: str | None = Field(
        default=None, description="Base URL of the clearinghouse's real-time connection; without it we ask by file."
    )
    quota_file: Path = Field(default=POLICY_FOLDER / "quotas.toml", description="What each tenant may send in.")
    settle_seconds: NonNegativeFloat = Field(
        default=1.0, description="A dropped file is taken once nobody has written to it for so long."
    )
    upload_bytes_max: PositiveInt = Field(default=1 << 30, description="Largest file that POST /files takes.")

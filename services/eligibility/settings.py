"""What the eligibility service is told by its environment, beyond what every service is."""

from pydantic import Field, PositiveFloat, PositiveInt

from shared.settings import Settings


class EligibilitySettings(Settings):
    """Frozen; `REVCYCLE_…`."""

    database: str = "revcycle_eligibility"
    port: PositiveInt = 8101
    sandbox_url: str = Field(description="Base URL of the clearinghouse's real-time connection.")
    payer_timeout_seconds: PositiveFloat = Field(
        default=20.0, description="CAQH CORE: a real-time answer takes 20 seconds at most."
    )
    payer_connections: PositiveInt = 50
    submitter_id: str = "REVCYCLE"

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
    payer_connections: PositiveInt = Field(default=100, description="To all payers together, of one process.")
    payer_inquiries_max: PositiveInt = Field(
        default=25, description="To one payer at once: fewer than all connections, or one that hangs takes them all."
    )
    payer_patience_seconds: PositiveFloat = Field(
        default=2.0, description="Without any answer of a payer for so long, what waits for its turn is put off."
    )
    submitter_id: str = "REVCYCLE"

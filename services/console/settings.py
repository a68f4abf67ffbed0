"""What the console is told by its environment, beyond what every service is."""

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from shared.settings import Settings


class ConsoleSettings(Settings):
    """Frozen; `REVCYCLE_…`."""

    database: str = "revcycle_console"
    port: PositiveInt = 8100
    eligibility_url: str = Field(description="Base URL of each service; the system page asks it how it is.")
    claims_url: str
    payments_url: str
    collections_url: str
    service_timeout_seconds: PositiveFloat = Field(default=3.0, description="A service that is slower counts as down.")
    totals_rest_seconds: NonNegativeFloat = Field(
        default=1.0, description="Totals are not counted again within this time, however many people look."
    )

    def service_urls(self) -> dict[str, str]:
        """Where each service answers, in the order of the cycle."""
        return {
            "eligibility": self.eligibility_url,
            "claims": self.claims_url,
            "payments": self.payments_url,
            "collections": self.collections_url,
        }

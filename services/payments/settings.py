"""What the payments service is told by its environment, beyond what every service is."""

from pathlib import Path

from pydantic import Field, PositiveInt

from shared.settings import Settings


class PaymentsSettings(Settings):
    """Frozen; `REVCYCLE_…`."""

    database: str = "revcycle_payments"
    port: PositiveInt = 8103
    processor_file: Path | None = Field(
        default=None, description="TOML: keys and webhook secrets of the card processor by tenant; unset: no cards."
    )
    sandbox_url: str | None = Field(default=None, description="Where the emulated processor is, on the local stack.")
    exchange: Path = Field(
        description="Folder shared with clearinghouse and bank: <exchange>/<tenant>/eras/*.835, …/bank/*.bai2."
    )
    payees: Path | None = Field(default=None, description="TOML: the NPIs and tax ids each tenant is paid under.")
    plan_page: str | None = Field(
        default=None, description="Public address of collections' plan pages; unset: the payment page shows no link."
    )
    clients: Path | None = Field(default=None, description="TOML: each client's time zone and fee contracts.")

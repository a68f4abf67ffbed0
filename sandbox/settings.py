"""What the sandbox is told by its environment (`REVCYCLE_…`)."""

from pathlib import Path
from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from sandbox.profiles import PAYERS_FILE
from shared.clock import Clock, FileClock, SystemClock


class SandboxSettings(BaseSettings):
    """Frozen."""

    model_config = SettingsConfigDict(env_prefix="REVCYCLE_", frozen=True, extra="ignore", hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: PositiveInt = 8109
    exchange: Path = Field(description="Folder with one folder per tenant: to_payer, taken, acks, eras.")
    clock_file: Path | None = None
    sandbox_state: Path | None = Field(
        default=None, description="Folder of its database; beside the exchange if unset."
    )
    sandbox_seed: int = 2026
    sandbox_payers: Path = PAYERS_FILE
    sandbox_slow_seconds: NonNegativeFloat = Field(default=25.0, le=120, description="How late a slow payer answers.")
    processor_file: Path | None = Field(
        default=None, description="Keys of the emulated card processor, shared with payments; unset: it answers nobody."
    )
    payments_url: str | None = Field(default=None, description="Where its webhooks go; unset: nowhere.")
    tick_seconds: PositiveFloat = Field(default=0.2, description="How often the folders are looked at.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def state_folder(self) -> Path:
        """Where the database lies."""
        return self.sandbox_state or self.exchange.parent / "sandbox"

    def clock(self) -> Clock:
        """The virtual clock's file, or the machine's time."""
        return SystemClock() if self.clock_file is None else FileClock(self.clock_file)

"""What the collections service is told by its environment, beyond what every service is."""

from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveInt

from services.collections.policies import POLICY_FOLDER
from shared.settings import Settings


class CollectionsSettings(Settings):
    """Frozen; `REVCYCLE_…`."""

    database: str = "revcycle_collections"
    port: PositiveInt = 8104
    exchange: Path = Field(
        description="Letters go to <exchange>/<tenant>/letters, placements to <exchange>/<tenant>/agency."
    )
    dunning_folder: Path = Field(default=POLICY_FOLDER, description="Holds dunning.toml and dunning.<tenant>.toml.")
    letterhead_file: Path = POLICY_FOLDER / "letterhead.toml"
    words_file: Path = Field(default=POLICY_FOLDER / "words.toml", description="What short messages from people mean.")
    smtp_host: str = Field(default="", description="The mail server; without one no e-mail goes out.")
    smtp_port: PositiveInt = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password_file: Path | None = None
    smtp_ca_file: Path | None = Field(default=None, description="Certificates to trust beside the machine's own.")
    text_url: str = Field(default="", description="The text message gateway; without one no text goes out.")
    text_token_file: Path | None = None

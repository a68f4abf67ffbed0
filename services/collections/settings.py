"""What the collections service is told by its environment, beyond what every service is."""

from pathlib import Path

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

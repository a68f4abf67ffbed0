"""When a dropped file counts as whole."""

import os
from pathlib import Path
from typing import Any

from services.claims.pickup import Pickup


def seen_at(pickup: Pickup, now: float) -> list[str]:
    return [file.name for files in pickup._settled(now).values() for file in files]


class Dropped:
    """A filing whose files lie in the tenant's own folder."""

    suffixes = (".837",)
    folder = "intake"

    def inbox(self, tenant_folder: Path) -> Path:
        return tenant_folder


def test_a_file_is_whole_once_it_stayed_as_it_is_whatever_the_clocks_say(tmp_path: Path) -> None:
    nobody: Any = None
    filing: Any = Dropped()
    pickup = Pickup("intake", nobody, tmp_path, filing, nobody, nobody, settle_seconds=5)
    file = tmp_path / "lakeside" / "claims.837"
    file.parent.mkdir()
    file.write_text("ISA")
    os.utime(file, (0, 0))  # the file server's clock is behind by decades
    assert [seen_at(pickup, now) for now in (0, 4)] == [[], []]
    file.write_text("ISA*00")
    os.utime(file, (0, 0))
    assert [seen_at(pickup, now) for now in (5, 9)] == [[], []], "it is longer now: somebody is writing it"
    assert seen_at(pickup, 10) == ["claims.837"]
    os.utime(file, (4e9, 4e9))  # written on, by a clock that is ahead
    assert [seen_at(pickup, now) for now in (11, 15)] == [[], []]
    assert seen_at(pickup, 16) == ["claims.837"]
    file.unlink()
    assert seen_at(pickup, 20) == []
    file.write_text("ISA")
    assert seen_at(pickup, 21) == [], "another file under the same name begins anew"

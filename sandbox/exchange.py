"""The folders files are exchanged through: `<exchange>/<tenant>/{to_payer,taken,acks,eras}`."""

from collections.abc import Iterator
from pathlib import Path

from sandbox.state import OutgoingFile, State

TAKEN = (".837", ".276", ".275")


class Exchange:
    """Takes files from the clients and gives them theirs, each exactly once."""

    def __init__(self, root: Path, state: State) -> None:
        self._root, self._state = root, state

    def waiting(self) -> Iterator[tuple[str, Path]]:
        """Files to take, by tenant and name: (tenant, path)."""
        for path in sorted(self._root.glob("*/to_payer/*")):
            if path.suffix in TAKEN and not path.name.startswith("."):
                yield path.parent.parent.name, path

    def finish_moves(self) -> None:
        """After a crash: move what was taken and not moved; note what was moved and not noted."""
        for intake, tenant, name in self._state.unmoved():
            path = self._root / tenant / "to_payer" / name
            if path.exists():
                self.move_taken(intake, tenant, path)
            else:
                self._state.mark_moved(intake)

    def move_taken(self, intake: int, tenant: str, path: Path) -> None:
        """Move a file to `taken`; its name there starts with the intake's number, because names may repeat."""
        target = self._root / tenant / "taken" / f"{intake:06d}-{path.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
        self._state.mark_moved(intake)

    def deliver(self) -> int:
        """Write what is to be written; gives the number of files."""
        files = self._state.unwritten()
        for one in files:
            self._deliver(one)
        return len(files)

    def _deliver(self, file: OutgoingFile) -> None:
        draft = self._root / file.tenant / ".drafts" / f"{file.id:06d}-{file.name}"
        target = self._root / file.tenant / file.folder / file.name
        if not file.drafted:
            for folder in (draft.parent, target.parent):
                folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(file.content)
            self._state.mark_drafted(file.id)
        if draft.exists():
            draft.rename(target)
        self._state.mark_written(file.id)

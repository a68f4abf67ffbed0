"""A folder that clients drop files into, as each process sees it: it may die between any two steps, or be kept out."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from io import BytesIO
from typing import IO, Generic, NamedTuple, TypeVar

from services.claims.streaming import Batch, _take
from tests.simulation.chaos import Chaos, Life

T = TypeVar("T")
Place = tuple[str, ...]


class Lying(NamedTuple):
    """A file: what it holds so far, when it was last written to, and whether the services may touch it."""

    content: bytes
    changed_at: float
    locked: bool = False


class Disk:
    """Every file of a shared folder, by its place below the root. Folders are where files lie.

    What waits to be taken lies `depth` deep: below its tenant, or below a folder of it.
    """

    def __init__(self, chaos: Chaos, depth: int = 2) -> None:
        self.chaos, self._depth = chaos, depth
        self.files: dict[Place, Lying] = {}

    def write(self, place: Place, content: bytes, *, locked: bool = False) -> None:
        """Write a whole file, or write on."""
        self.files[place] = Lying(content, self.chaos.wall().timestamp(), locked)

    def rename(self, place: Place, target: Place) -> None:
        self.files[target] = self.files.pop(place)

    def unlock(self) -> int:
        """Somebody corrects the permissions of what nobody could read; how many files."""
        locked = [place for place, file in self.files.items() if file.locked]
        for place in locked:
            self.files[place] = self.files[place]._replace(locked=False)
        return len(locked)

    def lying(self) -> list[Place]:
        """What waits to be taken; what is still being written does not."""
        return [place for place in self.files if len(place) == self._depth and not place[-1].endswith(".tmp")]


class UnthreadedReader(Generic[T]):
    """`ThreadedReader` without its thread, for a simulation has only one: a file is read when its bytes are there."""

    def __init__(self, read: Callable[[Iterable[bytes]], Iterator[T]], chunks: AsyncIterator[bytes]) -> None:
        self._read, self._chunks = read, chunks
        self._items: Iterator[T] | None = None

    async def take(self, size: int) -> Batch[T]:
        """Up to `size` further items."""
        if self._items is None:
            self._items = self._read([chunk async for chunk in self._chunks])
        return _take(self._items, size)


class _Stat(NamedTuple):
    st_mtime: float
    st_size: int


class SeenPath:
    """What one life of a process sees of the disk: the part of `pathlib.Path` that a pickup uses."""

    def __init__(self, disk: Disk, life: Life, place: Place = ()) -> None:
        self._disk, self._life, self._place = disk, life, place

    @property
    def name(self) -> str:
        return self._place[-1]

    @property
    def suffix(self) -> str:
        stem, dot, last = self.name.rpartition(".")
        return dot + last if stem else ""

    @property
    def parent(self) -> "SeenPath":
        return SeenPath(self._disk, self._life, self._place[:-1])

    def __truediv__(self, name: str) -> "SeenPath":
        return SeenPath(self._disk, self._life, (*self._place, name))

    def __lt__(self, other: "SeenPath") -> bool:
        return self._place < other._place

    def is_file(self) -> bool:
        return self._place in self._disk.files

    def is_dir(self) -> bool:
        return any(place[: len(self._place)] == self._place != place for place in self._disk.files)

    def iterdir(self) -> Iterator["SeenPath"]:
        self._life.pass_by("Folder before iterdir")
        return iter(self._children())

    def glob(self, pattern: str) -> Iterator["SeenPath"]:
        """Folders below this one, name by name; `*` is any name."""
        found = [self]
        for wanted in pattern.split("/"):
            found = [one for folder in found for one in folder._children() if fnmatchcase(one.name, wanted)]
        return iter(found)

    def _children(self) -> list["SeenPath"]:
        depth = len(self._place)
        names = {
            place[depth]: None for place in self._disk.files if place[:depth] == self._place and len(place) > depth
        }
        return [self / name for name in names]

    def stat(self) -> _Stat:
        file = self._file()
        return _Stat(file.changed_at, len(file.content))

    def open(self, mode: str) -> IO[bytes]:
        assert mode == "rb"
        return BytesIO(self.read_bytes())

    def read_bytes(self) -> bytes:
        self._life.pass_by("Folder before read")
        file = self._file()
        if file.locked:
            raise PermissionError
        return file.content

    def mkdir(self, *, exist_ok: bool) -> None:
        assert exist_ok

    def replace(self, target: "SeenPath") -> None:
        self._life.pass_by("Folder before replace")
        if self._file().locked:
            raise PermissionError
        self._disk.files[target._place] = self._disk.files.pop(self._place)
        self._life.pass_by("Folder after replace")

    def _file(self) -> Lying:
        try:
            return self._disk.files[self._place]
        except KeyError:
            raise FileNotFoundError from None

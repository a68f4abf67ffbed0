"""The claims the demo drops into intake: the public samples as they are, copies that can flow, and a generated day."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from revcycle.refusal import Exit, RefusalError

PROFESSIONAL = b"005010X222"
HEAD_BYTES = 4096


class Drop(NamedTuple):
    """A file for one tenant's intake folder."""

    tenant: str
    name: str
    content: bytes


class Era(NamedTuple):
    """A public remittance, to be dropped once the claims made to match it went out."""

    tenant: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Samples:
    """Everything that goes in."""

    originals: tuple[Drop, ...]
    copies: tuple[Drop, ...]
    generated: tuple[Drop, ...]
    matched: tuple[Drop, ...]
    eras: tuple[Era, ...]

    @property
    def drops(self) -> tuple[Drop, ...]:
        return (*self.originals, *self.copies, *self.generated, *self.matched)


def read_samples(start: date, claims: int) -> Samples:
    """The public files of `samples/corpus`, their copies, and generated claims. RefusalError without samples."""
    try:
        from samples.generate import generate
        from samples.match import match_all
        from samples.normalise import normalise
    except ImportError:
        message = "The demo needs the repository's samples folder: run it from a clone."
        raise RefusalError(message, Exit.REFUSED) from None
    import samples

    folder = Path(samples.__file__ or "").parent / "corpus" / "837p"
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and PROFESSIONAL in p.read_bytes()[:HEAD_BYTES]]
    originals = tuple(Drop("lakeside", f"public-{_flat(path)}", path.read_bytes()) for path in files)
    copies = tuple(
        Drop(("lakeside", "northgate")[n % 2], f"copy-{_flat(path)}", normalise(path.read_bytes(), start=start))
        for n, path in enumerate(files)
    )
    generated = tuple(
        Drop(tenant, f"generated-{tenant}.837", content) for tenant, content in generate(claims, start=start).items()
    )
    matches = match_all(start=start)
    matched = tuple(Drop(m.tenant, f"matched-{m.name.replace('/', '-')}.837", m.claims) for m in matches)
    return Samples(
        originals,
        copies,
        generated,
        matched,
        tuple(Era(m.tenant, f"public-{m.name.replace('/', '-')}.835", m.remittance) for m in matches),
    )


def drop(folder: Path, one: Drop | Era) -> None:
    """Put a file where a service looks, whole: written beside and renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{one.name}.tmp"
    draft.write_bytes(one.content)
    draft.rename(folder / one.name)


def _flat(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}.837"

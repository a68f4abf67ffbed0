"""How payers take papers: `policy/attachments.toml`, and what a document is by its first bytes."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from services.claims.core.papers_messages import Form, Route
from services.claims.policies import POLICY_FOLDER
from shared.policy import ENTRY_FIELDS, PolicyError

FILE = POLICY_FOLDER / "attachments.toml"
TRANSMISSION: Mapping[Route, str] = {"electronic": "EL", "mail": "BM", "fax": "FX", "portal": "FT"}
"""PWK02 of papers that go a way: electronically, by mail, by fax, as a file put somewhere."""


class AttachmentTerms(BaseModel):
    """One payer's terms on a day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    route: Route
    forms: frozenset[Form]
    document_bytes_max: PositiveInt
    documents_max: Annotated[int, Field(ge=1, le=10)]
    unsolicited: bool
    formats: dict[Form, str]
    fax: str = ""


@dataclass(frozen=True, slots=True)
class DatedAttachmentTerms:
    """Terms that hold from a day until another, both included."""

    valid_from: date
    valid_to: date
    terms: AttachmentTerms


@dataclass(frozen=True, slots=True)
class AttachmentBook:
    """Every payer's terms through time."""

    payers: Mapping[str, Sequence[DatedAttachmentTerms]]
    default: Sequence[DatedAttachmentTerms]

    def of(self, payer_id: str, on: date) -> AttachmentTerms:
        """The payer's terms on a day, or the default's; PolicyError where none hold."""
        for entries in (self.payers.get(payer_id, ()), self.default):
            valid = [one for one in entries if one.valid_from <= on <= one.valid_to]
            if valid:
                return max(valid, key=lambda one: one.valid_from).terms
        msg = f"attachments: no entry is in force on {on}"
        raise PolicyError(msg)


@cache
def attachment_book(path: Path = FILE) -> AttachmentBook:
    """The file, read once; PolicyError says the payer and what is wrong with its entry."""
    content = tomllib.loads(path.read_text())
    if not content.get("default"):
        msg = f"{path.name}: default: there must be an entry for payers that are not listed"
        raise PolicyError(msg)
    default = content.pop("default")
    base: Mapping[str, Any] = default[-1].get("value", {})
    return AttachmentBook(
        {payer: [_dated(path.name, payer, one, base) for one in entries] for payer, entries in content.items()},
        [_dated(path.name, "default", one, {}) for one in default],
    )


def _dated(file: str, payer_id: str, entry: Mapping[str, Any], base: Mapping[str, Any]) -> DatedAttachmentTerms:
    if missing := ENTRY_FIELDS - set(entry):
        msg = f"{file}: {payer_id}: an entry lacks {', '.join(sorted(missing))}"
        raise PolicyError(msg)
    try:
        terms = AttachmentTerms.model_validate({**base, **entry["value"]})
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        msg = f"{file}: {payer_id}: {faults}"
        raise PolicyError(msg) from None
    if lacking := terms.forms - set(terms.formats):
        msg = f"{file}: {payer_id}: formats lacks {', '.join(sorted(lacking))}"
        raise PolicyError(msg)
    return DatedAttachmentTerms(entry["valid_from"], entry.get("valid_to", date.max), terms)


HEAD_BYTES = 2048
_MAGIC: tuple[tuple[bytes, Form], ...] = (
    (b"%PDF-", "pdf"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
)


def form_of(head: bytes) -> Form | None:
    """What a document is by its beginning, whatever it is called; None for what no payer takes.

    A C-CDA document is XML whose root is ClinicalDocument; other XML, and HTML, is none of ours.
    """
    for magic, form in _MAGIC:
        if head.startswith(magic):
            return form
    text = _text(head)
    if text is None:
        return None
    opening = text.removeprefix("\ufeff").lstrip()
    if opening.startswith("<"):
        return "ccda" if "<ClinicalDocument" in text and "urn:hl7-org:v3" in text else None
    return "text" if opening else None


def _text(head: bytes) -> str | None:
    """UTF-8 text without control characters; the last letter of a long one may be cut."""
    for cut in range(4 if len(head) == HEAD_BYTES else 1):
        try:
            text = head[: len(head) - cut].decode()
        except UnicodeDecodeError:
            continue
        return None if any(one < " " and one not in "\t\r\n\f" for one in text) else text
    return None

"""The same file about nobody: names, identifiers and dates replaced, everything that counts kept.

A letter becomes a letter, a digit a digit, and the rest stays, so lengths and forms are those of the original. The
replacement is a keyed one-to-one mapping: with one secret the same value becomes the same fake wherever it stands, in
every file, and two values never become one. A valid NPI becomes another valid NPI. All dates move back by the same
number of weeks, up to a year, so ages, weekdays and filing times keep. Amounts, procedure, diagnosis and other codes,
quantities and envelope control numbers (ISA13, GS06, ST02) stay.

Segments that are not in the table below lose all they say: what is unknown may be a name.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache

from shared.x12.identifiers import valid_npi
from shared.x12.invented import check_digit
from shared.x12.rewrite import Rewriter
from shared.x12.tokens import Segment
from shared.x12.values import parse_date

# Per segment, the elements to replace: `n` words (names, streets, free text), `i` an identifier, `d` a date.
# `4p` is a date in the form its neighbour names (3: D8, RD8 ...); `3.2i` is component 2 of element 3.
# A segment without entries holds codes, counts and amounts only.
_TABLE = """
AAA
AK1
AK2
AK3
AK4 4n
AK5
AK9
AMT
BHT 3i 4d
BPR 7i 9i 10i 11i 13i 15i 16d
CAS
CL1
CLM 1i
CLP 1i 7i
CN1 4i 6i
CR1 9n 10n
CR2 10n 11n
CR3
CR4
CR5
CR6 2d 4p 5d 8d 9d 10d 13d 15d 16d
CRC
CTP
CTX 1.2i
CUR
DMG 2p
DN1 4n
DN2 6p
DTM 2d 6p
DTP 3p
EB 5n
EM
EQ
FRM 3n 4d
GE
GS 2i 3i 4d
HCP 4i
HCR 2i
HI
HL
HSD
IEA
IK3
IK4 4n
IK5
III 4n
IMM
INS 12p
ISA
K3 1n
LE
LIN 5i 7i
LQ
LS
LX
MEA
MIA
MOA
MPI 5n 7p
MSG 1n
N1 2n 4i
N2 1n 2n
N3 1n 2n
N4 1n 3i 6n
NM1 3n 4n 5n 6n 7n 9i 12n
NTE 2n
OI
PAT 6p
PER 2n 4i 6i 8i
PLB 1i 2d 3.2i
PRV
PS1 1i
PWK 6i 7n
QTY
RDM 2n 3i
REF 2i 3n 4.2i 4.4i 4.6i
SBR 3i 4n
SE
ST
STC 2d 6d 8d 9i 12n
SV1 1.7n
SV2 2.7n
SV3 1.7n
SV4 1i
SV5
SVC 1.7n 6.7n
SVD 1i 3.7n
TA1 2d
TOO
TRN 2i 3i 4i
TS2
TS3 1i 3d
UM
"""
# REF02 under these qualifiers is a code: bill type, payment classes, exceptions.
_CODED_REFERENCES = frozenset({"4N", "BLT", "1S", "APC"})
_DATED_CODES = frozenset({"D8", "RD8", "DT", "D6"})
_ENTRY = re.compile(r"(\d+)(?:\.(\d+))?([nidp])")
_DATES = re.compile(r"(?<![0-9])([0-9]{8}|[0-9]{6})(?=[0-9]{4}(?![0-9])|(?![0-9]))", re.ASCII)
_WORDS = re.compile(r"[^\W_]+")
_VOWELS, _CONSONANTS, _DIGITS = "AEIOUY", "BCDFGHJKLMNPQRSTVWXZ", "0123456789"
_SOUNDS = {**dict.fromkeys(_VOWELS, _VOWELS), **dict.fromkeys(_CONSONANTS, _CONSONANTS)}
_CAPITALS = dict.fromkeys(_VOWELS + _CONSONANTS, _VOWELS + _CONSONANTS)
Entry = tuple[int, int, str]


def _parse(line: str) -> tuple[str, tuple[Entry, ...]]:
    tag, *entries = line.split()
    found = (_ENTRY.fullmatch(entry) for entry in entries)
    return tag, tuple((int(one[1]), int(one[2] or 0), one[3]) for one in found if one)


_RULES: Mapping[str, tuple[Entry, ...]] = dict(_parse(line) for line in _TABLE.strip().splitlines())


def replaced_elements(tag: str) -> tuple[Entry, ...] | None:
    """What is replaced in a segment: (element, component or 0, kind); None for a segment that is replaced whole."""
    return _RULES.get(tag)


class Anonymizer:
    """Replaces with one secret. Who knows the secret can find out which fake stands for which value: throw it away."""

    def __init__(self, secret: bytes) -> None:
        """Any secret of up to 64 bytes; longer ones are shortened by hashing."""
        self._key = hashlib.blake2b(secret).digest()
        self._back = timedelta(weeks=1 + self._number("weeks") % 52)
        self.word: Callable[[str], str] = lru_cache(1 << 16)(self._word)
        self.identifier: Callable[[str], str] = lru_cache(1 << 16)(self._identifier)

    def file(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The file with everything replaced, in pieces. Raises `X12Error` when it cannot be read."""
        file = Rewriter(chunks)
        for segment in file:
            yield file.encode(segment, self.elements(segment))

    def elements(self, segment: Segment) -> tuple[str, ...]:
        """The elements of the segment with the replacements in them."""
        if segment.tag == "ISA":
            return self._interchange(segment)
        rules = _RULES.get(segment.tag)
        if rules is None:
            return tuple(map(self.text, segment.elements))
        elements = list(segment.elements)
        if segment.tag == "HI":
            return tuple(self._code_with_date(text, segment) for text in elements)
        if segment.tag == "REF" and segment.get(1) in _CODED_REFERENCES:
            return segment.elements
        for position, component, kind in rules:
            if position <= len(elements) and elements[position - 1]:
                elements[position - 1] = self._element(segment, position, component, kind)
        return tuple(elements)

    def _element(self, segment: Segment, position: int, component: int, kind: str) -> str:
        text = segment.elements[position - 1]
        if component:
            separator = segment.delimiters.component
            parts = text.split(separator)
            if component <= len(parts):
                parts[component - 1] = self._replace(parts[component - 1], kind)
            return separator.join(parts)
        if kind == "p":
            return text if segment.get(position - 1) == "TM" else self.dates(text)
        separator = segment.delimiters.repetition
        parts = text.split(separator) if separator else [text]
        return separator.join(self._replace(one, kind) for one in parts)

    def _replace(self, text: str, kind: str) -> str:
        match kind:
            case "i":
                return self.identifier(text)
            case "d":
                return self.dates(text)
            case _:
                return self.text(text)

    def _interchange(self, segment: Segment) -> tuple[str, ...]:
        """ISA keeps its widths: passwords and parties are replaced inside their padding."""
        elements = list(segment.elements)
        for position in (2, 4, 6, 8):
            if position <= len(elements):
                text = elements[position - 1]
                bare = text.strip()
                elements[position - 1] = text.replace(bare, self.identifier(bare)) if bare else text
        if len(elements) >= 9:
            elements[8] = self.dates(elements[8])
        return tuple(elements)

    def _code_with_date(self, text: str, segment: Segment) -> str:
        """A code of HI, whose third and fourth component may be a date (an occurrence of a claim form)."""
        parts = text.split(segment.delimiters.component)
        if len(parts) > 3 and parts[2] in _DATED_CODES:
            parts[3] = self.dates(parts[3])
        return segment.delimiters.component.join(parts)

    def text(self, text: str) -> str:
        """Each word on its own, so that a name is the same in a field of its own and inside a sentence."""
        return _WORDS.sub(lambda found: self.word(found[0]), text)

    def dates(self, text: str) -> str:
        """Every `CCYYMMDD` or `YYMMDD` in the text earlier by the same number of weeks; what is no date is a text."""
        moved, count = _DATES.subn(self._moved, text)
        return moved if count else self.text(text)

    def _moved(self, found: re.Match[str]) -> str:
        try:
            day = parse_date(found[0]) - self._back
        except (ValueError, OverflowError):
            return self.word(found[0])
        return _written(day, len(found[0]))

    def _word(self, text: str) -> str:
        """Vowels become vowels and consonants consonants, so a name can still be read out."""
        return self._mapped(text, "word", _SOUNDS)

    def _identifier(self, text: str) -> str:
        if valid_npi(text):
            nine = text[0] + self._mapped(text[1:9], "npi", {})
            return nine + check_digit(nine)
        return self._mapped(text, "identifier", _CAPITALS)

    def _mapped(self, text: str, purpose: str, alphabets: Mapping[str, str]) -> str:
        """The text with its letters and digits mapped one-to-one among texts of the same form, never to itself."""
        folded = _folded(text)
        places = [(index, alphabets.get(one, _DIGITS)) for index, one in enumerate(folded) if one.isalnum()]
        form = "".join(alphabets.get(one, _DIGITS)[0] if one.isalnum() else one for one in folded)
        digits = [alphabet.index(folded[index]) for index, alphabet in places]
        mapped = self._permuted(digits, [len(alphabet) for _, alphabet in places], f"{purpose}/{form}")
        result = list(folded)
        for (index, alphabet), digit in zip(places, mapped, strict=True):
            result[index] = alphabet[digit].lower() if text[index].islower() else alphabet[digit]
        return "".join(result)

    def _permuted(self, digits: list[int], radices: list[int], form: str) -> list[int]:
        """A keyed permutation in three rounds over the two halves of a number.

        The middle round never adds zero to the first half, so nothing is mapped to itself.
        """
        half = (len(digits) + 1) // 2
        left, left_size = _number(digits[:half], radices[:half])
        right, right_size = _number(digits[half:], radices[half:])
        if left_size < 2:
            return digits
        right = (right + self._number(form, 1, left)) % right_size
        left = (left + 1 + self._number(form, 2, right) % (left_size - 1)) % left_size
        right = (right + self._number(form, 3, left)) % right_size
        return [*_digits(left, radices[:half]), *_digits(right, radices[half:])]

    def _number(self, *names: object) -> int:
        text = "\x1f".join(map(str, names)).encode()
        return int.from_bytes(hashlib.blake2b(text, key=self._key, digest_size=32).digest(), "big")


def _folded(text: str) -> str:
    """The text in capitals of the Latin alphabet, character for character; a letter of another becomes X, a digit 0."""
    return text.upper() if text.isascii() else "".join(map(_fold, text))


def _fold(one: str) -> str:
    base = unicodedata.normalize("NFKD", one)[:1].upper()[:1]
    if base.isascii() and base.isalnum():
        return base
    return "X" if one.isalpha() else "0" if one.isalnum() else one


def _number(digits: list[int], radices: list[int]) -> tuple[int, int]:
    """A number in mixed radices, and how many there are."""
    value, size = 0, 1
    for digit, radix in zip(digits, radices, strict=True):
        value, size = value * radix + digit, size * radix
    return value, size


def _digits(value: int, radices: list[int]) -> list[int]:
    found: list[int] = []
    for radix in reversed(radices):
        value, digit = divmod(value, radix)
        found.append(digit)
    return found[::-1]


def _written(day: date, length: int) -> str:
    text = f"{day.year:04d}{day.month:02d}{day.day:02d}"
    return text if length == 8 else text[2:]

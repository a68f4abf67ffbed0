"""Text that a PDF's own fonts can show."""

import unicodedata

UNACCENTED = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "’": "'", "‘": "'", "–": "-", "—": "-"})
"""Letters that no normal form takes apart."""


def printable(text: str) -> str:
    """Latin letters keep the accents that the fonts have and lose the others; other scripts are question marks."""
    plain = unicodedata.normalize("NFC", text).translate(UNACCENTED)
    if any(ord(one) > 255 for one in plain):
        plain = "".join(one for one in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(one))
    return plain.encode("latin-1", "replace").decode("latin-1")


def printable_line(text: str, limit: int = 80) -> str:
    """The same in one line of at most `limit` characters."""
    return printable(" ".join(text.split()))[:limit]

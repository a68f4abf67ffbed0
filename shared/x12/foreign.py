"""What a file is that does not begin as X12 does, told from its first bytes."""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xfe", "it is UTF-16 text; save it as UTF-8."),
    (b"\xfe\xff", "it is UTF-16 text; save it as UTF-8."),
    (b"I\x00S\x00A", "it is UTF-16 text; save it as UTF-8."),
    (b"\x00I\x00S\x00A", "it is UTF-16 text; save it as UTF-8."),
    (b"\xc9\xe2\xc1", "it is EBCDIC text; have it converted on transfer."),
    (b"\x1f\x8b", "it is compressed with gzip; unpack it first."),
    (b"PK\x03\x04", "it is a ZIP archive; unpack it first."),
    (b"%PDF", "it is a PDF document."),
    (b"-----BEGIN PGP", "it is encrypted with PGP; decrypt it first."),
    (b"UNA", "it is EDIFACT."),
    (b"UNB+", "it is EDIFACT."),
    (b"MSH|", "it is an HL7 version 2 message."),
    (b"<", "it is XML or HTML."),
    (b"{", "it is JSON."),
)


def foreign_format(first_bytes: bytes) -> str:
    """What the file is and what to do, as the end of a sentence; "" when it is nothing known."""
    return next((reason for start, reason in _SIGNATURES if first_bytes.startswith(start)), "")

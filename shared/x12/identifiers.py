"""External codes by their form: check digits and patterns. Whether a code is in use on a date is another question."""

import re

# The second character is a letter since QA0 came in October 2025.
_ICD10 = re.compile(r"[A-Z][0-9A][0-9AB][0-9A-Z]{0,4}", re.ASCII)
_ICD9 = re.compile(r"(?:[0-9]{3}|V[0-9]{2})[0-9]{0,2}|E[0-9]{3}[0-9]?", re.ASCII)
_PROCEDURE = re.compile(r"[0-9]{4}[0-9A-Z]|[A-Z][0-9]{4}", re.ASCII)
_TAXONOMY = re.compile(r"[0-9A-Z]{9}[0-9A-Z]", re.ASCII)
_PLACE = re.compile(r"[0-9]{2}", re.ASCII)
# The prefix 80840 of the card-issuer form adds 24 to the Luhn sum (CMS, NPI check digit).
_NPI_PREFIX_SUM = 24
_NPI_LENGTH = 10


def valid_npi(text: str) -> bool:
    """Ten digits, the first 1 or 2, with a right Luhn check digit over 80840 and the number."""
    if len(text) != _NPI_LENGTH or not (text.isascii() and text.isdigit()) or text[0] not in "12":
        return False
    doubled = (int(digit) * 2 for digit in text[-2::-2])
    total = sum(map(int, text[-1::-2])) + sum(value - 9 if value > 9 else value for value in doubled)
    return (total + _NPI_PREFIX_SUM) % 10 == 0


def icd10_form(text: str) -> bool:
    """Three to seven characters in the form of ICD-10-CM, written without the point."""
    return bool(_ICD10.fullmatch(text))


def icd9_form(text: str) -> bool:
    """The form of ICD-9-CM, written without the point."""
    return bool(_ICD9.fullmatch(text))


def procedure_form(text: str) -> bool:
    """Four digits with a digit or letter behind them or a letter before them: the form of HCPCS and dental codes."""
    return bool(_PROCEDURE.fullmatch(text))


def taxonomy_form(text: str) -> bool:
    """Ten letters or digits: the form of provider taxonomy codes."""
    return bool(_TAXONOMY.fullmatch(text))


def place_of_service_form(text: str) -> bool:
    """Two digits."""
    return bool(_PLACE.fullmatch(text))

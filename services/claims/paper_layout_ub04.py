"""The UB-04 (CMS-1450) by line and column.

The form is made for 10 characters and 6 lines an inch, with 22 service lines from line 20 on. Printers differ by a few
millimetres: a first page goes on a copy, and `shift_right_mm` and `shift_down_mm` of the partner correct what is off.
"""

from services.claims.paper_layout import Frame, Layout, Slot, amount, cut, whole

_CODES: dict[str, tuple[Slot, ...]] = {
    **{f"{18 + n}": (whole(9, 36 + 3 * n, 2),) for n in range(11)},
    **{
        f"{31 + n}{row}{part}": (whole(line, 1 + 10 * n + offset, width),)
        for n in range(4)
        for row, line in (("a", 11), ("b", 12))
        for part, offset, width in (("", 0, 2), (".date", 3, 6))
    },
    **{
        f"{35 + n}{row}{part}": (whole(line, 41 + 17 * n + offset, width),)
        for n in range(2)
        for row, line in (("a", 11), ("b", 12))
        for part, offset, width in (("", 0, 2), (".from", 3, 6), (".through", 10, 6))
    },
    **{
        f"{39 + n}{row}{part}": (slot,)
        for n in range(3)
        for row, line in (("a", 15), ("b", 16), ("c", 17), ("d", 18))
        for part, slot in (("", whole(line, 42 + 13 * n, 2)), (".amount", amount(line, 45 + 13 * n, 9)))
    },
}
_LINE = {
    "42": whole(0, 1, 4),
    "43": cut(0, 6, 24),
    "44": whole(0, 31, 14),
    "45": whole(0, 46, 6),
    "46": amount(0, 53, 7),
    "47": amount(0, 61, 10),
    "48": amount(0, 72, 9),
}


def _on(slot: Slot, line: int) -> tuple[Slot, ...]:
    return (Slot(line, slot.column, slot.width, slot.right, slot.may_be_cut),)


def _row(line: int, row: str, columns: dict[str, Slot]) -> dict[str, tuple[Slot, ...]]:
    return {f"{box}.{row}": _on(slot, line) for box, slot in columns.items()}


_PAYER = {
    "50": cut(0, 1, 22),
    "51": whole(0, 24, 15),
    "52": whole(0, 40, 1),
    "53": whole(0, 43, 1),
    "54": amount(0, 45, 10),
    "57": whole(0, 69, 12),
}
_INSURED = {
    "58": cut(0, 1, 25),
    "59": whole(0, 27, 2),
    "60": whole(0, 30, 20),
    "61": cut(0, 51, 14),
    "62": whole(0, 66, 15),
}
_AUTHORIZED = {"63": whole(0, 1, 30), "64": whole(0, 32, 26)}


def _diagnosis(box: str, line: int, column: int) -> dict[str, tuple[Slot, ...]]:
    return {box: (whole(line, column, 7),), f"{box}.poa": (whole(line, column + 7, 1),)}


def _procedure(box: str, line: int, column: int) -> dict[str, tuple[Slot, ...]]:
    return {box: (whole(line, column, 7),), f"{box}.date": (whole(line, column + 8, 6),)}


def _provider(box: str, line: int) -> dict[str, tuple[Slot, ...]]:
    return {
        f"{box}.type": (whole(line, 53, 2),),
        f"{box}.npi": (whole(line, 58, 10),),
        f"{box}.qualifier": (whole(line, 69, 2),),
        f"{box}.id": (whole(line, 72, 9),),
        f"{box}.last": (cut(line + 1, 53, 15),),
        f"{box}.first": (cut(line + 1, 70, 11),),
    }


SLOTS: dict[str, tuple[Slot, ...]] = {
    **{f"1.{n}": (cut(1 + n, 1, 24),) for n in range(1, 5)},
    **{f"2.{n}": (cut(1 + n, 26, 24),) for n in range(1, 5)},
    "3a": (whole(2, 55, 20),),
    "3b": (whole(3, 55, 20),),
    "4": (whole(3, 77, 4),),
    "5": (whole(5, 51, 10),),
    "6.from": (whole(5, 62, 6),),
    "6.through": (whole(5, 69, 6),),
    "8b": (cut(7, 3, 28),),
    "9a": (cut(6, 44, 37),),
    "9b": (cut(7, 33, 31),),
    "9c": (whole(7, 66, 2),),
    "9d": (whole(7, 69, 9),),
    "9e": (whole(7, 79, 2),),
    "10": (whole(9, 1, 8),),
    "11": (whole(9, 11, 1),),
    "12": (whole(9, 14, 6),),
    "13": (whole(9, 21, 2),),
    "14": (whole(9, 24, 1),),
    "15": (whole(9, 27, 1),),
    "16": (whole(9, 30, 2),),
    "17": (whole(9, 33, 2),),
    "29": (whole(9, 70, 2),),
    **_CODES,
    **{f"38.{n}": (cut(13 + n, 2, 38),) for n in range(1, 5)},
    **{f"{box}.{n}": _on(slot, 19 + n) for n in range(1, 24) for box, slot in _LINE.items()},
    "56": (whole(43, 69, 10),),
    **{box: slots for n, row in enumerate("ABC") for box, slots in _row(44 + n, row, _PAYER).items()},
    **{box: slots for n, row in enumerate("ABC") for box, slots in _row(48 + n, row, _INSURED).items()},
    **{box: slots for n, row in enumerate("ABC") for box, slots in _row(52 + n, row, _AUTHORIZED).items()},
    "66": (whole(56, 1, 1),),
    **_diagnosis("67", 55, 3),
    **{
        box: slots
        for n, letter in enumerate("ABCDEFGH")
        for box, slots in _diagnosis(f"67{letter}", 55, 11 + 8 * n).items()
    },
    **{
        box: slots
        for n, letter in enumerate("IJKLMNOPQ")
        for box, slots in _diagnosis(f"67{letter}", 56, 3 + 8 * n).items()
    },
    "69": (whole(58, 4, 7),),
    **{f"70{letter}": (whole(58, 14 + 8 * n, 7),) for n, letter in enumerate("abc")},
    "71": (whole(58, 41, 4),),
    **{
        box: slots for n, letter in enumerate("abc") for box, slots in _diagnosis(f"72{letter}", 58, 48 + 9 * n).items()
    },
    **_procedure("74", 60, 1),
    **_procedure("74a", 60, 17),
    **_procedure("74b", 60, 33),
    **_procedure("74c", 62, 1),
    **_procedure("74d", 62, 17),
    **_procedure("74e", 62, 33),
    **{box: slots for n in range(4) for box, slots in _provider(f"{76 + n}", 59 + 2 * n).items()},
    "80": (cut(64, 1, 24),),
    "81a.qualifier": (whole(64, 27, 2),),
    "81a": (whole(64, 30, 12),),
}

_TABLE = (
    ("42 Rev.", 1, 5),
    ("43 Description", 6, 25),
    ("44 HCPCS, rate", 31, 15),
    ("45 Date", 46, 7),
    ("46 Units", 53, 8),
    ("47 Total charges", 61, 11),
    ("48 Not covered", 72, 10),
)
_STAY = (
    ("10 Birth date", 1, 10),
    ("11 Sex", 11, 3),
    ("12 Admitted", 14, 7),
    ("13 Hr", 21, 3),
    ("14", 24, 3),
    ("15", 27, 3),
    ("16 Hr", 30, 3),
    ("17", 33, 3),
    *((f"{18 + n}", 36 + 3 * n, 3) for n in range(11)),
    ("29 State", 69, 5),
    ("30", 74, 8),
)
_PAYERS = (
    ("50 Payer", 1, 23),
    ("51 Health plan id", 24, 16),
    ("52", 40, 3),
    ("53", 43, 2),
    ("54 Prior payments", 45, 11),
    ("55 Due", 56, 11),
)
_INSUREDS = (("58 Insured", 1, 26), ("59", 27, 3), ("60 Insured's id", 30, 21), ("61 Group", 51, 15), ("62", 66, 16))
_AUTHORIZATIONS = (("63 Authorization", 1, 31), ("64 Document control", 32, 27), ("65 Employer", 59, 23))
_PROCEDURES = (("74", 1), ("a", 17), ("b", 33))


def _table(columns: tuple[tuple[str, int, int], ...], line: int, rows: int) -> tuple[Frame, ...]:
    """A line of labels, and rows under it."""
    return tuple(Frame(label, line, column, width, 1 + rows) for label, column, width in columns)


FRAMES: tuple[Frame, ...] = (
    Frame("1 Billing provider", 1, 1, 25, 5),
    Frame("2 Pay to", 1, 26, 25, 5),
    Frame("3a Account", 2, 51, 25, 1),
    Frame("3b Record", 3, 51, 25, 1),
    Frame("4 Type of bill", 2, 76, 6),
    Frame("5 Tax id", 4, 51, 11),
    Frame("6 Statement from, through", 4, 62, 14),
    Frame("7", 4, 76, 6),
    Frame("8 Patient", 6, 1, 32),
    Frame("9 Address", 6, 33, 49),
    *_table(_STAY, 8, 1),
    *(Frame(f"{31 + n} Occurrence", 10, 1 + 10 * n, 10, 3) for n in range(4)),
    *(Frame(f"{35 + n} Occurrence span", 10, 41 + 17 * n, 17, 3) for n in range(2)),
    Frame("37", 10, 75, 7, 3),
    Frame("38 Bill to", 13, 1, 41, 6),
    *(Frame(f"{39 + n} Value codes", 13, 42 + 13 * n, 13 if n < 2 else 14, 6) for n in range(3)),
    *_table(_TABLE, 19, 23),
    *(Frame("", line, 1, 81, 1) for line in range(20, 43)),
    *_table(_PAYERS, 43, 3),
    Frame("56", 43, 67, 15, 1),
    Frame("57", 44, 67, 15, 3),
    *_table(_INSUREDS, 47, 3),
    *_table(_AUTHORIZATIONS, 51, 3),
    Frame("66", 55, 1, 2),
    Frame("68", 55, 75, 7),
    *(Frame(letter, 55, 3 + 8 * n, 8, 1, small=True) for n, letter in enumerate(("67", *"ABCDEFGH"))),
    *(Frame(letter, 56, 3 + 8 * n, 8, 1, small=True) for n, letter in enumerate("IJKLMNOPQ")),
    Frame("69 Adm.", 57, 1, 12),
    Frame("70 Reason for visit", 57, 13, 27),
    Frame("71 DRG", 57, 40, 7),
    Frame("72 External cause", 57, 47, 35),
    *(Frame(f"{label} Procedure", 59, column, 16) for label, column in _PROCEDURES),
    *(Frame(f"{label} Procedure", 61, column, 16) for label, column in (("c", 1), ("d", 17), ("e", 33))),
    Frame("80 Remarks", 63, 1, 25, 4),
    Frame("81", 63, 26, 23, 4),
    *(Frame(f"{76 + n} {who}", 59 + 2 * n, 49, 33) for n, who in enumerate(("att.", "op.", "", ""))),
)

UB04 = Layout("Institutional claim, form locators of the UB-04", SLOTS, FRAMES)

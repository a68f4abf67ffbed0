"""The CMS-1500 (02/12) by line and column.

The form is specified for 10 characters and 6 lines an inch (NUCC, print specifications of the 02/12 form). Printers
differ by a few millimetres: a first page goes on a copy, and `shift_right_mm` and `shift_down_mm` of the partner
correct what is off.
"""

from services.claims.paper_layout import Frame, Layout, Slot, amount, cut, marks, whole

YES_NO = (("YES", 35), ("NO", 41))
COVERAGES = (
    ("MEDICARE", 1),
    ("MEDICAID", 8),
    ("TRICARE", 15),
    ("CHAMPVA", 24),
    ("GROUP", 31),
    ("FECA", 39),
    ("OTHER", 45),
)
DIAGNOSIS_COLUMNS = (3, 16, 29, 42)
RIGHT = 50


def _address(box: str, column: int) -> dict[str, tuple[Slot, ...]]:
    return {
        f"{box}.street": (cut(12, column, 28),),
        f"{box}.city": (cut(14, column, 23),),
        f"{box}.state": (whole(14, column + 25, 2),),
        f"{box}.zip": (whole(16, column, 10),),
    }


def _provider(box: str, column: int, width: int) -> dict[str, tuple[Slot, ...]]:
    return {f"{box}.{part}": (cut(line, column, width),) for line, part in ((58, "name"), (59, "street"), (60, "city"))}


def _span(box: str, line: int) -> dict[str, tuple[Slot, ...]]:
    return {f"{box}.from": (whole(line, 54, 8),), f"{box}.to": (whole(line, 68, 8),)}


def _service_line(place: int) -> dict[str, tuple[Slot, ...]]:
    shaded, line = 41 + 2 * place, 42 + 2 * place
    columns = {
        "A.from": whole(line, 1, 8),
        "A.to": whole(line, 10, 8),
        "B": whole(line, 19, 2),
        "C": whole(line, 22, 1),
        "D": whole(line, 25, 6),
        **{f"D.{n}": whole(line, 30 + 3 * n, 2) for n in range(1, 5)},
        "E": whole(line, 45, 4),
        "F": amount(line, 49, 9),
        "G": amount(line, 59, 3),
        "H": whole(line, 63, 1),
        "I": whole(shaded, 65, 2),
        "J.shaded": whole(shaded, 68, 11),
        "J": whole(line, 68, 11),
        "shaded": cut(shaded, 1, 61),
    }
    return {f"24.{place}.{column}": (slot,) for column, slot in columns.items()}


SLOTS: dict[str, tuple[Slot, ...]] = {
    **{f"carrier.{place}": (cut(1 + place, 41, 38),) for place in range(1, 5)},
    "1": marks(8, COVERAGES),
    "1a": (whole(8, RIGHT, 29),),
    "2": (cut(10, 1, 28),),
    "3.birth_date": (whole(10, 31, 10),),
    "3.sex": marks(10, (("M", 42), ("F", 47))),
    "4": (cut(10, RIGHT, 29),),
    **_address("5", 1),
    **_address("7", RIGHT),
    "6": marks(12, (("SELF", 33), ("SPOUSE", 38), ("CHILD", 42), ("OTHER", 47))),
    "9": (cut(18, 1, 28),),
    "9a": (whole(20, 1, 28),),
    "9d": (cut(26, 1, 28),),
    "10a": marks(20, YES_NO),
    "10b": marks(22, YES_NO),
    "10b.state": (whole(22, 46, 2),),
    "10c": marks(24, YES_NO),
    "10d": (whole(26, 31, 18),),
    "11": (whole(18, RIGHT, 29),),
    "11a.birth_date": (whole(20, 53, 10),),
    "11a.sex": marks(20, (("M", 68), ("F", 75))),
    "11b": (whole(22, RIGHT, 29),),
    "11c": (cut(24, RIGHT, 29),),
    "11d": marks(26, (("YES", 52), ("NO", 57))),
    "12": (cut(29, 7, 24),),
    "13": (cut(29, 55, 24),),
    "14": (whole(32, 2, 8),),
    "14.qualifier": (whole(32, 16, 3),),
    "15.qualifier": (whole(32, 31, 3),),
    "15": (whole(32, 37, 8),),
    **_span("16", 32),
    "17a.qualifier": (whole(33, 30, 2),),
    "17a": (whole(33, 33, 16),),
    "17.qualifier": (whole(34, 1, 2),),
    "17": (cut(34, 4, 24),),
    "17b": (whole(34, 33, 10),),
    **_span("18", 34),
    "19": (cut(36, 1, 48),),
    "20": marks(36, (("YES", 52), ("NO", 57))),
    "20.charges": (amount(36, 63, 9),),
    "21.indicator": (whole(37, 42, 1),),
    **{
        f"21.{letter}": (whole(38 + place // 4, DIAGNOSIS_COLUMNS[place % 4], 7),)
        for place, letter in enumerate("ABCDEFGHIJKL")
    },
    "22.code": (whole(38, RIGHT, 1),),
    "22.original": (whole(38, 62, 18),),
    "23": (whole(40, RIGHT, 29),),
    **{box: slots for place in range(1, 7) for box, slots in _service_line(place).items()},
    "25": (whole(56, 1, 15),),
    "25.type": marks(56, (("SSN", 17), ("EIN", 19))),
    "26": (whole(56, 23, 14),),
    "27": marks(56, (("YES", 38), ("NO", 43))),
    "28": (amount(56, 50, 11),),
    "29": (amount(56, 62, 10),),
    "31": (cut(60, 1, 20),),
    **_provider("32", 23, 26),
    **_provider("33", RIGHT, 29),
    "33.phone": (whole(57, 66, 14),),
    "32a": (whole(62, 24, 10),),
    "32b": (whole(62, 36, 13),),
    "33a": (whole(62, 51, 10),),
    "33b": (whole(62, 64, 15),),
}

_LEFT, _MIDDLE, _RIGHT_WIDTH = 29, 20, 31
_COLUMNS_OF_24 = (
    ("24A from", 1, 9),
    ("to", 10, 9),
    ("B place", 19, 3),
    ("C emg", 22, 3),
    ("D procedure", 25, 8),
    ("modifiers", 33, 12),
    ("E pointer", 45, 4),
    ("F charges", 49, 10),
    ("G units", 59, 4),
    ("H", 63, 2),
    ("I", 65, 3),
    ("J rendering provider", 68, 13),
)

FRAMES: tuple[Frame, ...] = (
    Frame("Carrier", 1, 40, 41, 5),
    Frame("1 Coverage", 7, 1, 49),
    Frame("1a Insured's id", 7, RIGHT, _RIGHT_WIDTH),
    Frame("2 Patient's name", 9, 1, _LEFT),
    Frame("3 Birth date, sex", 9, 30, _MIDDLE),
    Frame("4 Insured's name", 9, RIGHT, _RIGHT_WIDTH),
    Frame("5 Patient's street", 11, 1, _LEFT),
    Frame("6 Patient is insured's", 11, 30, _MIDDLE),
    Frame("7 Insured's street", 11, RIGHT, _RIGHT_WIDTH),
    Frame("5 City", 13, 1, 24),
    Frame("State", 13, 25, 5),
    Frame("8 (reserved)", 13, 30, _MIDDLE, 4),
    Frame("7 City", 13, RIGHT, 24),
    Frame("State", 13, 74, 7),
    Frame("5 ZIP", 15, 1, _LEFT),
    Frame("7 ZIP", 15, RIGHT, _RIGHT_WIDTH),
    Frame("9 Other insured's name", 17, 1, _LEFT),
    Frame("10 Condition related to", 17, 30, _MIDDLE),
    Frame("11 Group or FECA number", 17, RIGHT, _RIGHT_WIDTH),
    Frame("9a Other policy or group", 19, 1, _LEFT),
    Frame("10a Employment", 19, 30, _MIDDLE),
    Frame("11a Insured's birth date, sex", 19, RIGHT, _RIGHT_WIDTH),
    Frame("9b (reserved)", 21, 1, _LEFT),
    Frame("10b Auto accident, state", 21, 30, _MIDDLE),
    Frame("11b Other claim id", 21, RIGHT, _RIGHT_WIDTH),
    Frame("9c (reserved)", 23, 1, _LEFT),
    Frame("10c Other accident", 23, 30, _MIDDLE),
    Frame("11c Plan name", 23, RIGHT, _RIGHT_WIDTH),
    Frame("9d Other plan name", 25, 1, _LEFT),
    Frame("10d Claim codes", 25, 30, _MIDDLE),
    Frame("11d Other health plan", 25, RIGHT, _RIGHT_WIDTH),
    Frame("12 Patient's signature", 27, 1, 49, 3),
    Frame("13 Insured's signature", 27, RIGHT, _RIGHT_WIDTH, 3),
    Frame("14 Illness, injury or pregnancy; qualifier", 31, 1, _LEFT),
    Frame("15 Qualifier; other date", 31, 30, _MIDDLE),
    Frame("16 Unable to work from, to", 31, RIGHT, _RIGHT_WIDTH),
    Frame("17 Referring provider", 33, 1, _LEFT - 1),
    Frame("a", 33, 29, 21, 1),
    Frame("b NPI", 34, 29, 21, 1),
    Frame("18 Hospitalized from, to", 33, RIGHT, _RIGHT_WIDTH),
    Frame("19 Further information", 35, 1, 49),
    Frame("20 Outside lab, charges", 35, RIGHT, _RIGHT_WIDTH),
    Frame("21 Diagnoses, ICD indicator", 37, 1, 49, 4),
    Frame("22 Resubmission code, original number", 37, RIGHT, _RIGHT_WIDTH),
    Frame("23 Authorization", 39, RIGHT, _RIGHT_WIDTH),
    *(Frame(letter, 38 + n // 4, DIAGNOSIS_COLUMNS[n % 4] - 1, 9, 1) for n, letter in enumerate("ABCDEFGHIJKL")),
    *(Frame("", 41 + 2 * place, 1, 80, 1, grey=True) for place in range(1, 7)),
    *(Frame(label, 41, column, width, 2) for label, column, width in _COLUMNS_OF_24),
    *(Frame("", 42 + 2 * n, column, width, 1) for n in range(1, 7) for _, column, width in _COLUMNS_OF_24),
    Frame("25 Tax id", 55, 1, 21),
    Frame("26 Patient's account", 55, 22, 15),
    Frame("27 Assignment", 55, 37, 13),
    Frame("28 Total charge", 55, RIGHT, 12),
    Frame("29 Paid", 55, 62, 11),
    Frame("30 (reserved)", 55, 73, 8),
    Frame("31 Provider's signature", 57, 1, 21, 6),
    Frame("32 Service facility", 57, 22, 28, 4),
    Frame("33 Billing provider, phone", 57, RIGHT, _RIGHT_WIDTH, 4),
    Frame("a", 61, 22, 13),
    Frame("b", 61, 35, 15),
    Frame("a", 61, RIGHT, 12),
    Frame("b", 61, 62, 19),
)

CMS1500 = Layout("Health insurance claim, boxes of the CMS-1500 (02/12)", SLOTS, FRAMES)

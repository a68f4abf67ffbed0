"""One claim of a file: what it hangs on is shown, its neighbours are counted."""

import pytest

from shared.x12.excerpt import excerpt, text_of
from shared.x12.findings import X12Error

ISA = "ISA*00*          *00*          *ZZ*S              *ZZ*R              *260701*0800*^*00501*000000001*0*P*:~"
END = "GE*1*1~IEA*1*000000001~"
CLAIMS = (
    f"{ISA}GS*HC*S*R*20260701*0800*1*X*005010X222A1~ST*837*0001~BHT*0019~"
    "HL*1**20*1~NM1*85*2*CLINIC~HL*2*1*22*0~NM1*IL*1*ONE~CLM*A1*100~SV1*HC:99213~CLM*A2*50~SV1*HC:99214~"
    f"HL*3*1*22*0~NM1*IL*1*TWO~CLM*B1*100~SV1*HC:99215~SE*14*0001~{END}"
)
PAID = (
    f"{ISA}GS*HP*S*R*20260701*0800*1*X*005010X221A1~ST*835*0001~BPR*I*7~LX*1~"
    f"CLP*A1*1*5*5~SVC*HC:99213~CLP*B1*1*6*2~SVC*HC:99215~PLB*1*20261231*WO:A1*1~SE*9*0001~{END}"
)
ANSWERED = (
    f"{ISA}GS*HN*S*R*20260701*0800*1*X*005010X214~ST*277*0001~HL*1**20*1~NM1*PR*2*P~TRN*1*BATCH~HL*2*1*PT*0~"
    f"NM1*QC*1*ONE~TRN*2*A1~STC*A2:20~TRN*2*A2~STC*A1:19~HL*3*1*PT*0~NM1*QC*1*TWO~TRN*2*B1~STC*A3:21~SE*12*0001~{END}"
)


def shown(file: str, number: str) -> list[str]:
    return [str(part) if isinstance(part, int) else text_of(part) for part in excerpt([file.encode()], number)]


@pytest.mark.parametrize(
    ("file", "number", "has", "lacks"),
    [
        (CLAIMS, "A2", ("CLINIC", "ONE", "CLM*A2*50~", "99214"), ("CLM*A1", "99213", "TWO", "CLM*B1")),
        (CLAIMS, "B1", ("CLINIC", "TWO", "CLM*B1"), ("ONE", "CLM*A1", "CLM*A2")),
        (PAID, "A1", ("BPR*I*7~", "CLP*A1"), ("CLP*B1", "PLB")),
        (PAID, "B1", ("CLP*B1",), ("CLP*A1", "PLB")),
        (ANSWERED, "B1", ("NM1*PR*2*P~", "TWO", "STC*A3"), ("ONE", "TRN*2*A1", "STC*A2")),
        (ANSWERED, "A2", ("ONE", "STC*A1"), ("TRN*2*A1", "STC*A2", "TWO")),
    ],
)
def test_one_claim_is_shown_with_what_it_hangs_on_and_no_other(
    file: str, number: str, has: tuple[str, ...], lacks: tuple[str, ...]
) -> None:
    text = "".join(shown(file, number))
    assert [one for one in has if one not in text] == []
    assert [one for one in lacks if one in text] == []
    assert text.startswith("ISA*")
    assert text.endswith("IEA*1*000000001~")


@pytest.mark.parametrize(("file", "segments"), [(CLAIMS, 19), (PAID, 13), (ANSWERED, 19)])
def test_what_is_left_out_is_counted(file: str, segments: int) -> None:
    assert file.count("~") == segments
    for number in ("A1", "B1"):
        parts = excerpt([file.encode()], number)
        assert sum(part if isinstance(part, int) else 1 for part in parts) == segments


def test_a_file_without_the_claim_shows_nothing() -> None:
    assert shown(CLAIMS, "Z9") == []


def test_what_is_no_x12_is_refused() -> None:
    with pytest.raises(X12Error):
        excerpt([b"PK\x03\x04 no interchange"], "A1")

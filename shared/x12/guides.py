"""The loop tables of the 5010 guides, from their public examples and companion guides."""

from shared.x12.guide import Guide, parse_guide

_CLAIM_TOP = """
ST      -             ST            1  : BHT! SE!
1000A   ST            NM1/1/41      !1 : PER!*2
1000B   ST            NM1/1/40      !1 :
2000A   ST            HL/3/20       !* : PRV CUR
2010AA  2000A         NM1/1/85      !1 : N3! N4! REF*4 PER*2
2010AB  2000A         NM1/1/87      1  : N3! N4!
2010AC  2000A         NM1/1/PE      1  : N3! N4! REF*4
2000B   2000A         HL/3/22       !* : SBR! PAT
2010BA  2000B         NM1/1/IL      !1 : N3 N4 DMG REF*3 PER
2010BB  2000B         NM1/1/PR      !1 : N3 N4 REF*5
2000C   2000B         HL/3/23       *  : PAT!
2010CA  2000C         NM1/1/QC      !1 : N3! N4! DMG! REF*4 PER
"""
_OTHER_PAYER = """
2330A   2320          NM1/1/IL      !1 : N3 N4 REF*3
2330B   2320          NM1/1/PR      !1 : N3 N4 DTP REF*8
"""
_DECISION = """
2430    2400          SVD           15 : CAS*5 DTP! AMT
"""

_837P = f"""
{_CLAIM_TOP}
2300    2000B,2000C   CLM           100: DTP*30 PWK*10 CN1 AMT REF*20 K3*10 NTE CR1 CR2 CRC*8 HI*4 HCP
2310A   2300          NM1/1/DN|P3   2  : REF*3
2310B   2300          NM1/1/82      1  : PRV REF*4
2310C   2300          NM1/1/77      1  : N3! N4! REF*3 PER
2310D   2300          NM1/1/DQ      1  : REF*4
2310E   2300          NM1/1/PW      1  : N3! N4!
2310F   2300          NM1/1/45      1  : N3! N4!
2320    2300          SBR           10 : CAS*5 AMT*3 OI! MOA
{_OTHER_PAYER}
2330C   2320          NM1/1/DN|P3   2  : REF*3
2330D   2320          NM1/1/82      1  : REF*3
2330E   2320          NM1/1/77      1  : REF*3
2330F   2320          NM1/1/DQ      1  : REF*3
2330G   2320          NM1/1/85      1  : REF*2
2400    2300          LX !50 : SV1! SV5 PWK*10 CR1 CR3 CRC*5 DTP*20 QTY*2 MEA*5 CN1 REF*30 AMT*2 K3*10 NTE*2 PS1 HCP
2410    2400          LIN           1  : CTP! REF
2420A   2400          NM1/1/82      1  : PRV REF*20
2420B   2400          NM1/1/QB      1  : REF*20
2420C   2400          NM1/1/77      1  : N3! N4! REF*3
2420D   2400          NM1/1/DQ      1  : REF*20
2420E   2400          NM1/1/DK      1  : N3 N4 REF*20 PER
2420F   2400          NM1/1/DN|P3   2  : REF*20
2420G   2400          NM1/1/PW      1  : N3! N4!
2420H   2400          NM1/1/45      1  : N3! N4!
{_DECISION}
2440    2400          LQ            *  : FRM!*99
"""

_837I = f"""
{_CLAIM_TOP}
2300    2000B,2000C   CLM           100: DTP*5 CL1! PWK*10 CN1 AMT REF*20 K3*10 NTE*12 CRC*3 HI*26 QTY*4 HCP
2310A   2300          NM1/1/71      1  : PRV REF*4
2310B   2300          NM1/1/72      1  : REF*4
2310C   2300          NM1/1/ZZ      1  : REF*4
2310D   2300          NM1/1/82      1  : REF*4
2310E   2300          NM1/1/77      1  : N3! N4! REF*3
2310F   2300          NM1/1/DN      1  : REF*3
2320    2300          SBR           10 : CAS*5 AMT*3 OI! MIA MOA
{_OTHER_PAYER}
2330C   2320          NM1/1/71      1  : REF*3
2330D   2320          NM1/1/72      1  : REF*3
2330E   2320          NM1/1/ZZ      1  : REF*3
2330F   2320          NM1/1/77      1  : REF*3
2330G   2320          NM1/1/82      1  : REF*3
2330H   2320          NM1/1/DN      1  : REF*3
2330I   2320          NM1/1/85      1  : REF*2
2400    2300          LX            !999: SV2! PWK*10 DTP REF*5 AMT*2 NTE HCP
2410    2400          LIN           1  : CTP! REF
2420A   2400          NM1/1/72      1  : REF*20
2420B   2400          NM1/1/ZZ      1  : REF*20
2420C   2400          NM1/1/82      1  : REF*20
2420D   2400          NM1/1/DN      1  : REF*20
{_DECISION}
"""

_837D = f"""
{_CLAIM_TOP}
2300    2000B,2000C   CLM           100: DTP*6 DN1 DN2*35 PWK*10 CN1 AMT REF*12 K3*10 NTE*5 HI HCP
2310A   2300          NM1/1/DN|P3   2  : PRV REF*3
2310B   2300          NM1/1/82      1  : PRV REF*4
2310C   2300          NM1/1/77      1  : N3! N4! REF*3
2310D   2300          NM1/1/DD      1  : PRV REF*4
2310E   2300          NM1/1/DQ      1  : REF*4
2320    2300          SBR           10 : CAS*5 AMT*3 OI! MOA
{_OTHER_PAYER}
2330C   2320          NM1/1/DN|P3   2  : REF*3
2330D   2320          NM1/1/82      1  : REF*3
2330E   2320          NM1/1/DQ      1  : REF*3
2330F   2320          NM1/1/85      1  : REF*2
2330G   2320          NM1/1/77      1  : REF*3
2330H   2320          NM1/1/DD      1  : REF*3
2400    2300          LX            !50: SV3! TOO*32 DTP*7 CN1 REF*25 AMT*2 K3*10 NTE HCP
2420A   2400          NM1/1/82      1  : PRV REF*20
2420B   2400          NM1/1/DD      1  : PRV REF*20
2420C   2400          NM1/1/DQ      1  : REF*20
2420D   2400          NM1/1/77      1  : N3! N4! REF*3
{_DECISION}
"""

_835 = """
ST      -             ST            1  : BPR! NTE*100 TRN! CUR REF*2 DTM PLB* SE!
1000A   ST            N1/1/PR       !1 : N3! N4! REF*4 PER*5
1000B   ST            N1/1/PE       !1 : N3 N4 REF* RDM
2000    ST            LX            *  : TS3 TS2
2100    2000          CLP           !* : CAS*99 NM1!*9 MIA MOA REF*15 DTM*4 PER*3 AMT*13 QTY*14
2110    2100          SVC           999: DTM*3 CAS*99 REF*24 AMT*12 QTY*6 LQ*99
"""

_ELIGIBILITY_TOP = """
ST      -             ST            1  : BHT! SE!
2000A   ST            HL/3/20       !* : AAA*9
2100A   2000A         NM1           !1 : PER*3 AAA*9
2000B   2000A         HL/3/21       *  :
2100B   2000B         NM1           !1 : REF*9 N3 N4 PER*3 AAA*9 PRV
2000C   2000B         HL/3/22       *  : TRN*3
2100C   2000C         NM1/1/IL      !1 : REF*9 N3 N4 PER*3 AAA*9 PRV DMG INS HI DTP*9 MPI
2000D   2000C         HL/3/23       *  : TRN*3
2100D   2000D         NM1/1/03      !1 : REF*9 N3 N4 PER*3 AAA*9 PRV DMG INS HI DTP*9 MPI
"""
_270 = f"""
{_ELIGIBILITY_TOP}
2110    2100C,2100D   EQ            99 : AMT*2 III*10 REF DTP
"""
_271 = f"""
{_ELIGIBILITY_TOP}
2110    2100C,2100D   EB            *  : HSD*9 REF*9 DTP*20 AAA*9 MSG*10
2115    2110          III           10 :
2120L   2110          LS            1  : LE!
2120    2120L         NM1           23 : N3 N4 PER*3 PRV
"""

_STATUS_TOP = """
ST      -             ST            1  : BHT! SE!
2000A   ST            HL/3/20       !* :
2100A   2000A         NM1/1/PR      !1 : PER
2000B   2000A         HL/3/21       *  :
2100B   2000B         NM1/1/41      !1 :
2000C   2000B         HL/3/19       *  :
2100C   2000C         NM1/1/1P      !2 :
2000D   2000C         HL/3/22       *  : DMG
2100D   2000D         NM1/1/IL      !1 :
2000E   2000D         HL/3/23       *  : DMG
2100E   2000E         NM1/1/QC      !1 :
"""
_276 = f"""
{_STATUS_TOP}
2200    2000D,2000E   TRN           *  : REF*8 AMT DTP
2210    2200          SVC           *  : REF DTP
"""
_277 = f"""
{_STATUS_TOP}
2200    2000B,2000C,2000D,2000E TRN *  : STC!* REF*9 DTP
2220    2200          SVC           *  : STC* REF DTP
"""
_277CA = """
ST      -             ST            1  : BHT! SE!
2000A   ST            HL/3/20       !1 :
2100A   2000A         NM1           !1 :
2200A   2000A         TRN           !1 : DTP*2
2000B   2000A         HL/3/21       !1 :
2100B   2000B         NM1           !1 :
2200B   2000B         TRN           !1 : STC!* QTY*2 AMT*2
2000C   2000B         HL/3/19       *  :
2100C   2000C         NM1           !1 :
2200C   2000C         TRN           1  : STC* REF*3 QTY*2 AMT*2
2000D   2000C         HL/3/PT       *  :
2100D   2000D         NM1           !1 :
2200D   2000D         TRN           !* : STC!* REF*5 DTP
2220D   2200D         SVC           *  : STC!* REF DTP
"""
_999 = """
ST      -             ST            1  : AK1! AK9! SE!
2000    ST            AK2           *  : IK5!
2100    2000          IK3           *  : CTX*10
2110    2100          IK4           *  : CTX*10
"""

_TABLES = {
    "837P": _837P,
    "837I": _837I,
    "837D": _837D,
    "835": _835,
    "270": _270,
    "271": _271,
    "276": _276,
    "277": _277,
    "277CA": _277CA,
    "999": _999,
}


def guide_of(kind: str | None) -> Guide | None:
    """The loop table of a kind of transaction set, None when there is none."""
    table = _TABLES.get(kind or "")
    return parse_guide(table) if table else None

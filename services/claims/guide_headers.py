"""Under which guide a claim counts that came in no 837: what its transaction's header would have said."""

from typing import cast

from services.claims.core.content import ClaimType
from shared.x12.claim837 import Header837, Party
from shared.x12.claim837_views import Guide

_VERSIONS: dict[ClaimType, str] = {"P": "005010X222A1", "I": "005010X223A2", "D": "005010X224A2"}


def _header(kind: ClaimType) -> Header837:
    return Header837(
        guide=cast("Guide", f"837{kind}"),
        version=_VERSIONS[kind],
        usage="P",
        interchange_control_number="",
        group_control_number="",
        purpose="00",
        reference="",
        transaction_type="CH",
        submitter=Party(),
        receiver=Party(),
    )


HEADERS: dict[ClaimType, Header837] = {kind: _header(kind) for kind in _VERSIONS}
"""The header of charges (BHT06 CH) by kind of claim."""

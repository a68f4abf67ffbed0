"""What several files of payments' tests begin with."""

from pathlib import Path

import pytest

from tests.payments.card_house import CHARGE, Till


@pytest.fixture
async def till(tmp_path: Path) -> Till:
    made = Till(tmp_path)
    await made.cashier.made("/charges", CHARGE)
    return made

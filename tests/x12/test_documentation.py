"""The examples of the architecture page run."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture" / "x12.md").read_text()
EXPECTED = ["26463774 10000 4", "balanced 81080", "valid incomplete", "False [('R', ('4', '5'))]"]


EXAMPLES = list(zip(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL), EXPECTED, strict=True))


@pytest.mark.parametrize(("code", "printed"), EXAMPLES)
def test_an_example_prints_what_it_promises(
    code: str, printed: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)

    exec(compile(code, "x12.md", "exec"), {})  # the page is ours

    assert capsys.readouterr().out.strip() == printed

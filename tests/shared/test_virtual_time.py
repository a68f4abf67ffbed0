"""The clock that jumps keeps the order of things."""

import asyncio

from tests.shared.virtual_time import run_in_virtual_time

HOUR = 3600.0


def test_an_hour_passes_at_once_and_in_order() -> None:
    said: list[tuple[float, str]] = []

    async def after(seconds: float, word: str) -> None:
        await asyncio.sleep(seconds)
        said.append((asyncio.get_running_loop().time(), word))

    async def main() -> None:
        given_up = asyncio.get_running_loop().call_later(1.0, said.append, (0.0, "never"))
        given_up.cancel()
        await asyncio.gather(after(HOUR, "late"), after(2.0, "soon"), after(HOUR - 1, "nearly"))

    run_in_virtual_time(main())
    assert said == [(2.0, "soon"), (HOUR - 1, "nearly"), (HOUR, "late")]


def test_a_timeout_strikes_when_it_would() -> None:
    async def main() -> float:
        try:
            async with asyncio.timeout(20.0):
                await asyncio.Event().wait()
        except TimeoutError:
            return asyncio.get_running_loop().time()
        return 0.0

    assert run_in_virtual_time(main()) == 20.0

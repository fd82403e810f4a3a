"""The app's own parts that need no screen."""

from __future__ import annotations

import asyncio
from threading import Event

from gdtui.ui.app import TurnTaking


def test_the_worker_has_its_turn_while_the_event_loop_waits_and_only_then() -> None:
    turn = Event()

    async def work() -> None:
        assert not turn.is_set()
        await asyncio.sleep(0)
        assert not turn.is_set()
        assert await asyncio.to_thread(turn.wait, 20)
        assert not turn.is_set()

    def make_loop() -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(TurnTaking(turn))

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(work())

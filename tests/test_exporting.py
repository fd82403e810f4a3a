"""A long export: it gives way to the screen, tells of itself once, and can be stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest
from support.clock import VirtualClock
from support.desk import PIZZA, messages, opened
from support.terminal import Terminal

from gdtui.export.registry import EXPORTERS, ExportRequest
from gdtui.ui.background_export import TELL_AFTER, Pause, StoppedError


class Turn(Event):
    """A turn that counts how often it was waited for."""

    waited = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waited += 1
        return True


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    worker = SimpleNamespace(is_cancelled=False)
    monkeypatch.setattr("gdtui.ui.background_export.get_current_worker", lambda: worker)
    return worker


def test_a_pause_waits_for_its_turn_and_tells_once_it_takes_long(worker: SimpleNamespace) -> None:
    told: list[float] = []
    turn, clock = Turn(), VirtualClock()
    pause = Pause(turn, lambda: told.append(clock.now()), clock.now)
    for _ in range(5):
        pause()
        clock.advance(TELL_AFTER / 2)
    assert turn.waited == 5
    assert told == [pytest.approx(1.5 * TELL_AFTER)]
    worker.is_cancelled = True
    with pytest.raises(StoppedError):
        pause()


async def test_escape_stops_an_export(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, stopped = Event(), Event()

    def endless(request: ExportRequest) -> list[Path]:
        try:
            while True:
                request.pause()
                begun.set()
        finally:
            stopped.set()

    monkeypatch.setitem(EXPORTERS, next(iter(EXPORTERS)), endless)
    async with opened() as desk:
        await desk.press("e", "enter")
        assert await asyncio.to_thread(begun.wait, 20)
        await desk.press("escape")
        assert await asyncio.to_thread(stopped.wait, 20)
        assert messages(desk) == ["The export is stopped; no unfinished file is left."]
        await desk.press("escape")
        assert not messages(desk)


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("key", ["\x1b", "q"])
def test_a_long_export_keeps_nobody_waiting(key: str, tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    long = ("--iterations", "2000000", "--pace", "max")
    with Terminal("-m", "gdtui", str(PIZZA), *long, folder=tmp_path, environment=state) as terminal:
        terminal.wait_for("ready")
        terminal.send("f")
        terminal.wait_for("finished")
        terminal.send("e")
        terminal.wait_for("JSON Lines")
        terminal.send("\x1b[B")
        terminal.settle(1)
        terminal.send("\r")
        terminal.wait_for("esc stops it")
        terminal.send("?")
        terminal.wait_for("Keys and methods")
        terminal.send(key)
        if key != "q":
            terminal.wait_for("no unfinished file")
            terminal.send("q")
        assert terminal.wait_for_end() == 0
    assert [path.name for path in tmp_path.iterdir()] == ["state"]

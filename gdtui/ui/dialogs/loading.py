"""What is shown while a large file is read."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Center, Horizontal, Middle
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Label, ProgressBar

from gdtui.core.printable import printable
from gdtui.loading import Loading
from gdtui.ui.textual_fixes.stale_sizes import IgnoresStaleSizes

LOOKS_PER_SECOND = 20
# Seconds before the bar appears: what is read sooner needs none.
BAR_AFTER = 0.5


class LoadingScreen(IgnoresStaleSizes, Screen[None]):
    """The file's name until the data is there, with a progress bar where that takes a while."""

    class Done(Message):
        """The reading has ended, well or badly."""

    BINDINGS = [("q", "app.quit", "Quit")]

    def __init__(self, loading: Loading) -> None:
        super().__init__()
        self._loading = loading
        self._begun = False

    def compose(self) -> ComposeResult:
        """The file's name above the bar."""
        name = printable(Path(self._loading.path).name)
        with Horizontal(id="title"):
            yield Label("gdtui", id="name")
            yield Label(name, id="what", markup=False)
        with Middle():
            with Center():
                yield Label(f"Reading {name}", markup=False)
            with Center():
                yield ProgressBar(total=None, show_eta=False)

    def on_mount(self) -> None:
        """Hide the bar."""
        self.query_one(Middle).visible = False

    def painted(self) -> None:
        """Begin to read, now that there is something to look at."""
        if not self._begun:
            self._begun = True
            self.call_next(self._begin)

    def _begin(self) -> None:
        self._looks = self.set_interval(1 / LOOKS_PER_SECOND, self._look)
        if not self._loading.done:
            self._loading.start()
            self.set_timer(BAR_AFTER, self._show_bar)
        self._look()

    def _show_bar(self) -> None:
        self.query_one(Middle).visible = True

    def _look(self) -> None:
        if self._loading.done:
            self._looks.stop()
            self.post_message(self.Done())
            return
        fraction = self._loading.fraction
        if fraction is not None:
            self.query_one(ProgressBar).update(total=1, progress=fraction)

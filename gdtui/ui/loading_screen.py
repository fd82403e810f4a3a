"""What is shown while a large file is read."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Center, Middle
from textual.screen import Screen
from textual.widgets import Label, ProgressBar

from gdtui.core.dataset import printable
from gdtui.loading import Loading

LOOKS_PER_SECOND = 10


class LoadingScreen(Screen[bool]):
    """A progress bar; dismisses itself when the reading has ended."""

    BINDINGS = [("q", "app.quit", "Quit")]

    def __init__(self, loading: Loading) -> None:
        super().__init__()
        self._loading = loading

    def compose(self) -> ComposeResult:
        """The file's name above the bar."""
        with Middle():
            with Center():
                yield Label(f"Reading {printable(self._loading.path)}", markup=False)
            with Center():
                yield ProgressBar(total=None, show_eta=False)

    def on_mount(self) -> None:
        """Look how far the reading is, now and then."""
        self.set_interval(1 / LOOKS_PER_SECOND, self._look)

    def _look(self) -> None:
        if self._loading.done:
            self.dismiss(True)
            return
        fraction = self._loading.fraction
        if fraction is not None:
            self.query_one(ProgressBar).update(total=1, progress=fraction)

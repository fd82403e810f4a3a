"""The card that explains the plots, the figures of Now and the settings, as they are just now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Label

from gdtui.drawing import BAND_ROLES, Role, Span
from gdtui.now import Explained
from gdtui.ui.dialogs.dialog import Dialog
from gdtui.ui.widgets.rows import BAND_GLYPHS, Rows


class Paragraph(Widget):
    """What something looks like, its name, and the words that explain it."""

    COMPONENT_CLASSES = Rows.COMPONENT_CLASSES

    def __init__(self, explained: Explained) -> None:
        super().__init__(classes="bands")
        self.explained = explained

    def render(self) -> Content:
        """One paragraph."""
        name, words, looks = self.explained
        spans = (
            self._ground(role) if role in BAND_GLYPHS else (text, role) for text, role in looks
        )
        sample = [(text, self._style_of(role)) for text, role in spans]
        return Content.assemble(*sample, " " if sample else "", (name, "bold"), f": {words}")

    def _ground(self, band: Role) -> Span:
        """A cell of the ground: where the style sheet gives all bands one background, a glyph."""
        low, high = (self._style_of(role).background for role in (BAND_ROLES[0], BAND_ROLES[-1]))
        return (BAND_GLYPHS[band], Role.AXIS) if low == high else (" ", band)

    def _style_of(self, role: Role) -> Style:
        return self.get_visual_style(f"rows--{role}")


class ExplainScreen(Dialog[None]):
    """What there is to explain, under the headings of where it is to be seen; `at` comes first."""

    BINDINGS = [Binding("escape,i,q", "dismiss", "Back")]
    AUTO_FOCUS = "VerticalScroll"

    def __init__(self, explained: Mapping[str, Sequence[Explained]], at: str = "") -> None:
        super().__init__()
        self._explained = explained
        self._at = at

    def compose(self) -> ComposeResult:
        """A heading for each place, and a paragraph for each thing in it."""
        with VerticalScroll(id="explanations", classes="dialog") as box:
            box.border_title = "What it all says"
            box.border_subtitle = "up, down: scroll; escape: back"
            for heading, entries in self._explained.items():
                yield Label(heading, classes="heading", markup=False)
                yield from map(Paragraph, entries)

    def on_mount(self) -> None:
        """Bring what is asked for to the top."""
        sought = next((e for e in self.query(Paragraph) if e.explained.name == self._at), None)
        if sought:
            sought.add_class("-sought")
            self.call_after_refresh(sought.scroll_visible, top=True, animate=False)

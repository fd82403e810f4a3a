"""The card that explains the plots, the figures of Now and the settings, as they are just now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.style import Style
from textual.widgets import Label, Static

from gdtui.drawing import BAND_ROLES, Role, Span
from gdtui.now import Explained
from gdtui.ui.dialogs.dialog import Dialog
from gdtui.ui.widgets.rows import BAND_GLYPHS, Rows


class Paragraph(Static):
    """What something looks like, its name, and the words that explain it."""

    def __init__(self, explained: Explained) -> None:
        super().__init__()
        self.explained = explained

    def show(self, sample: Sequence[tuple[str, Style]]) -> None:
        """Show it all in one paragraph."""
        name, words, _ = self.explained
        blank = " " if sample else ""
        self.update(Content.assemble(*sample, blank, (name, "bold"), f": {words}"))


class Explanations(VerticalScroll):
    """A heading for each place, and a paragraph for each thing in it.

    It has the styles of all roles, once: each paragraph with its own took a second to open.
    """

    COMPONENT_CLASSES = Rows.COMPONENT_CLASSES

    def __init__(self, explained: Mapping[str, Sequence[Explained]]) -> None:
        super().__init__(id="explanations", classes="dialog bands")
        self._explained = explained
        self.border_title = "What it all says"
        self.border_subtitle = "up, down: scroll; escape: back"

    def compose(self) -> ComposeResult:
        """Headings and paragraphs."""
        for heading, entries in self._explained.items():
            yield Label(heading, classes="heading", markup=False)
            yield from map(Paragraph, entries)

    def on_mount(self) -> None:
        """Show the samples; before, nothing knows the theme."""
        for paragraph in self.query(Paragraph):
            paragraph.show([self._styled(span) for span in paragraph.explained.looks])

    def _styled(self, span: Span) -> tuple[str, Style]:
        """A sample in its colour; of the ground, a cell."""
        text, role = self._ground(span[1]) if span[1] in BAND_GLYPHS else span
        return text, self._style_of(role)

    def _ground(self, band: Role) -> Span:
        """A cell of the ground: where the style sheet gives all bands one background, a glyph."""
        low, high = (self._style_of(role).background for role in (BAND_ROLES[0], BAND_ROLES[-1]))
        return (BAND_GLYPHS[band], Role.AXIS) if low == high else (" ", band)

    def _style_of(self, role: Role) -> Style:
        return self.get_visual_style(f"rows--{role}")


class ExplainScreen(Dialog[None]):
    """What there is to explain, under the headings of where it is to be seen; `at` comes first."""

    BINDINGS = [Binding("escape,i,q", "dismiss", "Back")]
    AUTO_FOCUS = "Explanations"

    def __init__(self, explained: Mapping[str, Sequence[Explained]], at: str = "") -> None:
        super().__init__()
        self._explained = explained
        self._at = at

    def compose(self) -> ComposeResult:
        """The card."""
        yield Explanations(self._explained)

    def on_mount(self) -> None:
        """Bring what is asked for to the top."""
        sought = next((e for e in self.query(Paragraph) if e.explained.name == self._at), None)
        if sought:
            sought.add_class("-sought")
            self.call_after_refresh(sought.scroll_visible, top=True, animate=False)

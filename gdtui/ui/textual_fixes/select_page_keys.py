"""Selects whose lists take no page keys.

Without it: as in `empty_option_lists`, but the list of a select is made by Textual, and there is no
class of ours to mend. The keys are the log's, and reach the list only where a key pressed as the
command palette closes finds its way there; then they end the app.
Seen in Textual 8.2.8; no upstream issue found.
"""

from __future__ import annotations

from textual.widgets import Select
from textual.widgets._select import SelectOverlay

PAGE_KEYS = "pageup", "pagedown"


class WithoutPageKeys(Select[str], inherit_bindings=False):
    """A select whose list knows no page keys."""

    def on_mount(self) -> None:
        """Take the keys from the list."""
        for key in PAGE_KEYS:
            del self.query_one(SelectOverlay)._bindings.key_to_bindings[key]

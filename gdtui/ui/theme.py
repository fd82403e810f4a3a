"""The colours of the screen, on dark and on light."""

from __future__ import annotations

from textual.theme import Theme

# In these the accent, for what is live, and the warning, for where we are, differ to the eye.
DARK = Theme(
    "gdtui-dark",
    primary="#5fafff",
    secondary="#7f9fbf",
    accent="#3fd0e0",
    success="#5fd75f",
    warning="#ffd75f",
    error="#ff6b6b",
    foreground="#e0e0e0",
    background="#101418",
    surface="#1a2027",
    panel="#20272f",
    dark=True,
)
LIGHT = Theme(
    "gdtui-light",
    primary="#005f9f",
    secondary="#4f6f8f",
    accent="#007f8f",
    success="#147a14",
    warning="#9a6a00",
    error="#c02020",
    foreground="#202428",
    background="#fbfbf8",
    surface="#efefea",
    panel="#e4e6e4",
    dark=False,
)

"""The colours of roles, on dark and on light: the screen and the figures take them from here."""

from __future__ import annotations

from typing import NamedTuple

from gdtui.drawing import BAND_ROLES, GHOST_ROLES, Role

# Of each role the colour, by its name in a theme of Textual's, some with a strength in percent.
_NAMED = {
    Role.PLAIN: "foreground",
    Role.QUIET: "text-muted",
    Role.FRAME: "foreground 25%",
    Role.CHOSEN: "foreground 70%",
    Role.AXIS: "text-disabled",
    Role.CURVE: "text-muted",
    Role.CONTOUR: "text-disabled",
    Role.EXAMPLE: "foreground",
    Role.RESIDUAL: "text-disabled",
    Role.PROGRAM: "#c850c0",
    Role.LIVE: "text-accent",
    Role.PATH: "text-warning",
    Role.GRADIENT: "text-primary",
    Role.STEP: "foreground",
    Role.MINIMUM: "text-success",
    Role.WALKER: "text-warning",
    Role.ALARM: "text-error",
}
_GHOSTS = (
    "#9a86c8",
    "#b8845a",
    "#6f94b8",
    "#b87896",
    "#8a9650",
    "#8c8c8c",
    "#5aa08c",
    "#b86c60",
    "#c0a868",
)
ROLE_COLOURS: dict[Role, str] = _NAMED | dict(zip(GHOST_ROLES, _GHOSTS, strict=True))
# What Textual makes of these names, in percent of the foreground.
_STRENGTHS = {"text-muted": 60, "text-disabled": 38}


class Scheme(NamedTuple):
    """The colours of a theme, as #rrggbb, and those of the bands, from the lowest up."""

    name: str
    dark: bool
    primary: str
    secondary: str
    accent: str
    success: str
    warning: str
    error: str
    foreground: str
    background: str
    surface: str
    panel: str
    bands: dict[Role, str]

    def colour(self, role: Role) -> str:
        """The colour of a role on the background, as #rrggbb."""
        if role in self.bands:
            return self.bands[role]
        name, _, strength = ROLE_COLOURS[role].partition(" ")
        if name.startswith("#"):
            return name
        percent = float(strength.rstrip("%") or _STRENGTHS.get(name, 100))
        named = self.foreground if name in _STRENGTHS else self._named(name)
        return _mixed(named, self.background, percent / 100)

    @property
    def in_text(self) -> dict[str, str]:
        """The colours that text has, as they are: by the names that the roles have for them."""
        names = {name for name in ROLE_COLOURS.values() if name.startswith("text-")}
        return {name: self._named(name) for name in sorted(names - _STRENGTHS.keys())}

    def _named(self, name: str) -> str:
        colour: str = getattr(self, name.removeprefix("text-"))
        return colour


def _mixed(colour: str, ground: str, part: float) -> str:
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(ground[1:]), strict=True)
    return "#" + bytes(round(part * a + (1 - part) * b) for a, b in pairs).hex()


def _bands(*colours: str) -> dict[Role, str]:
    return dict(zip(BAND_ROLES, colours, strict=True))


# In both the accent, for what is live, and the warning, for where we are, differ to the eye.
# Heights go from blue to yellow as in cividis, and are lighter the higher; on dark so dark, and on
# light so light, that every mark stands out. `tests/test_colours.py` looks at them as people see
# them who are colour-blind.
ON_DARK = Scheme(
    "gdtui-dark",
    dark=True,
    primary="#5fafff",
    secondary="#7f9fbf",
    accent="#3fd0e0",
    success="#7fe04f",
    warning="#ffd75f",
    error="#ff6b6b",
    foreground="#e0e0e0",
    background="#101418",
    surface="#1a2027",
    panel="#20272f",
    bands=_bands(
        *("#0a1648", "#101a43", "#161e3e", "#1b2239", "#212634", "#272a2f"),
        *("#2d2f2b", "#333326", "#393721", "#3e3b1c", "#443f17", "#4a4312"),
    ),
)
ON_LIGHT = Scheme(
    "gdtui-light",
    dark=False,
    primary="#005f9f",
    secondary="#4f6f8f",
    accent="#007f8f",
    success="#206400",
    warning="#9a6a00",
    error="#c02020",
    foreground="#202428",
    background="#fbfbf8",
    surface="#efefea",
    panel="#e4e6e4",
    bands=_bands(
        *("#cadcfb", "#cfdef7", "#d4e1f2", "#d8e3ee", "#dde5ea", "#e2e8e6"),
        *("#e7eae1", "#eceddd", "#f1efd9", "#f5f1d5", "#faf4d0", "#fff6cc"),
    ),
)
SCHEMES = {scheme.name: scheme for scheme in (ON_DARK, ON_LIGHT)}

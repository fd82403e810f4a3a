"""The colours of the screen, on dark and on light."""

from __future__ import annotations

from textual.theme import Theme

from gdtui.schemes import ON_DARK, ON_LIGHT, ROLE_COLOURS, Scheme


def _theme(scheme: Scheme) -> Theme:
    colours = scheme._asdict()
    del colours["bands"]
    # Textual would mix a third of black or white in, and bring them too near each other.
    return Theme(**colours, variables=scheme.in_text)


def _role_rules() -> list[str]:
    """What the style sheet says of the colour of each role."""
    rules = [f".rows--{role} {{ color: {_valued(name)}; }}" for role, name in ROLE_COLOURS.items()]
    for scheme, rows in ((ON_DARK, ""), (ON_LIGHT, ".bands:light > ")):
        rules += [f"{rows}.rows--{r} {{ background: {c}; }}" for r, c in scheme.bands.items()]
    return rules


def _valued(name: str) -> str:
    return name if name.startswith("#") else f"${name}"


DARK, LIGHT = _theme(ON_DARK), _theme(ON_LIGHT)
ROLE_SHEET = "\n".join(_role_rules())

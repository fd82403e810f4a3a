"""Text from files and from the command line is data: shown harmlessly wherever it is shown."""


def printable(text: str, limit: int = 40) -> str:
    """Show foreign text harmlessly: unprintable characters escaped, and at most limit long."""
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text[: limit + 1]
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"

"""Remove what no database stores."""


def storable(text: str) -> str:
    """Return a text without NUL, and with a question mark for each unpaired surrogate."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()

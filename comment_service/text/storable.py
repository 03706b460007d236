"""Remove what no database stores."""


def storable(text: str) -> str:
    """Return a text without NUL, and with a question mark for each unpaired surrogate."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()

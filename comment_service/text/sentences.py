"""Mark sentences for translation outside of templates and views."""


def sentence(words: str) -> str:
    """Mark a sentence for translation, as gettext's ``N_`` does; return it unchanged."""
    return words


def staff_sentence(words: str, /, **values: object) -> str:
    """Mark a sentence that only moderators and owners see; return it in English, filled in.

    It is stored and logged like that. Who shows it finds the template again and translates it
    (``catalogues.told``); a value that is such a sentence itself is named ``why``.
    """
    return words % values if values else words

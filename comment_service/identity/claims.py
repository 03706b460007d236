"""Read a person from a provider's response, including only trusted values."""

import re
from collections.abc import Mapping
from typing import Any

from comment_service.identity.person import Person
from comment_service.identity.rows import Row
from comment_service.text.names import clean_name, clean_website

_IN_BRACES = re.compile(r"\{([\w.]+)\}")


def value_at(answer: Mapping[str, Any], where: str) -> Any:
    """Resolve a dotted path; return None if it does not exist."""
    found: Any = answer
    for name in where.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def text_at(answer: Mapping[str, Any], where: str) -> str:
    """Return a string or a whole number as a string, "" for anything else.

    ``where`` is a dotted path, or a template with paths in braces; "" if one of them is missing.
    """
    if "{" not in where:
        found = value_at(answer, where) if where else None
        return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    parts = {path: text_at(answer, path) for path in _IN_BRACES.findall(where)}
    return _IN_BRACES.sub(lambda m: parts[m[1]], where) if all(parts.values()) else ""


def person_from_claims(row: Row, issuer: str, subject: str, answer: Mapping[str, Any]) -> Person:
    """Return the person in a provider's response, with trusted values only.

    The e-mail address counts only if the row trusts the provider's addresses and the response marks
    it as verified with the exact value ``true``: some providers send the string "false".

    Raises:
        ProviderError: the response identifies nobody.
    """
    proven = row.trust_email and value_at(answer, row.verified) is True
    nickname = (
        text_at(answer, "preferred_username")
        or text_at(answer, "login")
        or text_at(answer, "username")
    )
    address = text_at(answer, row.email) if proven else ""
    return Person(
        issuer=issuer,
        subject=subject,
        name=clean_name(text_at(answer, row.name) or nickname)[:80],
        email=address if 3 <= len(address) <= 320 and "@" in address else "",
        url=clean_website(text_at(answer, row.url)[:2000]),
        picture_url=clean_website(text_at(answer, row.picture)[:2000]),
    )

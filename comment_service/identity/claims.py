"""What stands where in a provider's answer, and how far it is believed."""

import re
from collections.abc import Mapping
from typing import Any

from comment_service.identity.person import Person
from comment_service.identity.rows import Row
from comment_service.text.names import clean_name, clean_website

_IN_BRACES = re.compile(r"\{([\w.]+)\}")


def pick(answer: Mapping[str, Any], where: str) -> Any:
    """Return what stands at a path of names joined by dots; None where nothing does."""
    found: Any = answer
    for name in where.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def text(answer: Mapping[str, Any], where: str) -> str:
    """Return a text or a whole number as a text, "" for anything else.

    ``where`` is a path, or a text whose paths in braces are filled in; "" where one is missing.
    """
    if "{" not in where:
        found = pick(answer, where) if where else None
        return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    parts = {path: text(answer, path) for path in _IN_BRACES.findall(where)}
    return _IN_BRACES.sub(lambda m: parts[m[1]], where) if all(parts.values()) else ""


def person(row: Row, issuer: str, subject: str, answer: Mapping[str, Any]) -> Person:
    """Return the person that an answer tells of, with no more than is to be believed.

    An address counts only where the row's provider is believed and calls it verified, with the
    very value ``true``: some send "false" as a text, which would pass for a yes.

    Raises:
        ProviderError: it names nobody.
    """
    proven = row.trust_email and pick(answer, row.verified) is True
    nickname = (
        text(answer, "preferred_username") or text(answer, "login") or text(answer, "username")
    )
    address = text(answer, row.email) if proven else ""
    return Person(
        issuer=issuer,
        subject=subject,
        name=clean_name(text(answer, row.name) or nickname)[:80],
        email=address if 3 <= len(address) <= 320 and "@" in address else "",
        url=clean_website(text(answer, row.url)[:2000]),
        picture_url=clean_website(text(answer, row.picture)[:2000]),
    )

"""Where the pages of an export go: rewrite rules, the site's origin, the normal form."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from comment_service.errors import InvalidFields
from comment_service.storage.tables import Site
from comment_service.text.addresses import clean_page_url
from comment_service.text.origins import is_pattern
from comment_service.text.sentences import staff_sentence
from comment_service.transfer.records import PageRecord

_REGEX = "re:"
_ARROW = "=>"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
MAX_RULES = 1000


@dataclass(frozen=True)
class Rule:
    """Replace the beginning ``old`` of an address, or every match of it as a regular expression."""

    old: str
    new: str
    regex: bool = False

    @classmethod
    def of(cls, typed: str, *, regex: bool = True) -> Self:
        """Read ``OLD=NEW``, ``OLD=>NEW`` or ``re:PATTERN=>NEW``; ``regex`` allows the last.

        Raises:
            InvalidFields: it is none of these, or the pattern is not valid.
        """
        is_regex = typed.startswith(_REGEX)
        old, mark, new = typed.removeprefix(_REGEX).partition(_ARROW)
        if not mark and not is_regex:
            old, mark, new = typed.partition("=")
        if not mark or not old.strip() or (is_regex and not regex):
            sentence = staff_sentence(
                "“%(rule)s” is no rule. Write OLD=NEW, or OLD=>NEW if OLD has a “=”.",
                rule=typed[:80],
            )
            raise InvalidFields({"map": [sentence]})
        rule = cls(old.strip(), new.strip(), is_regex)
        try:
            rule.apply("")
        except (re.error, IndexError) as error:
            sentence = staff_sentence(
                "“%(pattern)s” is no valid pattern: %(why)s.",
                pattern=old[:80],
                why=error,
            )
            raise InvalidFields({"map": [sentence]}) from None
        return rule

    def apply(self, url: str) -> str:
        """Return the rewritten address."""
        if self.regex:
            return re.sub(self.old, self.new, url)
        return self.new + url.removeprefix(self.old) if url.startswith(self.old) else url


@dataclass(frozen=True)
class Addresses:
    """The rules of an import.

    ``base`` is the origin of addresses that are paths; ``page`` the address of pages for which the
    file has none.
    """

    base: str = ""
    page: str = ""
    rules: Sequence[Rule] = ()

    @classmethod
    def of(
        cls,
        site: Site,
        *,
        base: str = "",
        page: str = "",
        rules: Sequence[str] = (),
        regex: bool = True,
    ) -> Self:
        """Return the rules; the default base is the site's first origin.

        Raises:
            InvalidFields: a rule or the base is not valid.
        """
        if len(rules) > MAX_RULES:
            sentence = staff_sentence(
                "At most %(number)s rules; use a pattern.", number=f"{MAX_RULES:,}"
            )
            raise InvalidFields({"map": [sentence]})
        own = next((origin for origin in site.origins if not is_pattern(origin)), "")
        base = base.strip().rstrip("/") or own
        try:
            clean_page_url(f"{base or 'https://none.example'}/")
        except ValueError as error:
            raise InvalidFields(
                {"base": [staff_sentence("%(base)s: %(why)s.", base=base[:80], why=error)]}
            ) from None
        return cls(base, page.strip(), tuple(Rule.of(rule, regex=regex) for rule in rules))

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored with an import."""
        rules = [
            f"{_REGEX if rule.regex else ''}{rule.old}{_ARROW}{rule.new}" for rule in self.rules
        ]
        return {"base": self.base, "page": self.page, "map": rules}

    def of_page(self, page: PageRecord) -> str:
        """Return the address of a page here; the rules see it as the file has it.

        Raises:
            ValueError: it is not a valid address.
        """
        return self._placed(page.url or self.page)

    def aliases_of(self, page: PageRecord) -> Sequence[str]:
        """Return the other valid addresses of a page."""
        found = []
        for url in page.aliases:
            try:
                found.append(self._placed(url))
            except ValueError:  # an id that only looks like an address leads nowhere
                continue
        return found

    def _placed(self, url: str) -> str:
        for rule in self.rules:
            url = rule.apply(url)
        if not url:
            raise ValueError("the file has no address for this page; name it under Page (--page)")
        if url.startswith("//"):  # with the scheme of the page that links to it
            url = f"{self.base.partition('//')[0] or 'https:'}{url}"
        elif "://" not in url and not _SCHEME.match(url):
            if not self.base:
                raise ValueError(
                    "the file has only paths; name the blog's origin under Origin of paths (--base)"
                )
            url = f"{self.base}/{url.lstrip('/')}"
        return clean_page_url(url)

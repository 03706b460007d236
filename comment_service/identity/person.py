"""What a provider vouches for, and what it says when it does not."""

from dataclasses import dataclass

MAX_SUBJECT = 255
"""Longest subject that is kept; OpenID Connect Core 1.0, section 2, sets the same bound."""


class ProviderError(Exception):
    """A provider did not prove anybody; the message says to a reader why.

    ``template`` is the sentence as the catalogues have it, with ``%(provider)s`` for its name.
    """

    def __init__(self, template: str, provider: str = "") -> None:
        self.template, self.provider = template, provider
        super().__init__(template % {"provider": provider} if provider else template)


@dataclass(frozen=True)
class Person:
    """Somebody proven: (``issuer``, ``subject``) is the identity, the rest is what goes with it.

    ``email`` is an address that the issuer is believed to have proven, "" for any other.
    """

    issuer: str
    subject: str
    name: str = ""
    email: str = ""
    url: str = ""
    picture_url: str = ""

    def __post_init__(self) -> None:
        """Refuse what names nobody.

        Raises:
            ProviderError: the subject or the issuer is empty, too long or has odd characters.
        """
        for value in (self.issuer, self.subject):
            fine = 0 < len(value) <= MAX_SUBJECT and value.isprintable() and value == value.strip()
            if not fine:
                raise ProviderError("The provider did not say who you are.")

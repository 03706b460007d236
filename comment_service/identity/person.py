"""The result of a sign-in: a verified person, or an error."""

from dataclasses import dataclass

MAX_SUBJECT = 255
"""Maximum length of a subject; OpenID Connect Core 1.0, section 2, sets the same limit."""


class ProviderError(Exception):
    """A provider verified nobody; the message tells the reader why.

    ``template`` is the untranslated sentence, with ``%(provider)s`` for the provider's name.
    """

    def __init__(self, template: str, provider: str = "") -> None:
        self.template, self.provider = template, provider
        super().__init__(template % {"provider": provider} if provider else template)


@dataclass(frozen=True)
class Person:
    """A verified person: (``issuer``, ``subject``) is the identity, the rest is profile data.

    ``email`` is set only if the issuer verified it and is trusted to do so, otherwise "".
    """

    issuer: str
    subject: str
    name: str = ""
    email: str = ""
    url: str = ""
    picture_url: str = ""

    def __post_init__(self) -> None:
        """Refuse an invalid identity.

        Raises:
            ProviderError: the subject or the issuer is empty, too long or has invalid characters.
        """
        for value in (self.issuer, self.subject):
            fine = 0 < len(value) <= MAX_SUBJECT and value.isprintable() and value == value.strip()
            if not fine:
                raise ProviderError("The provider did not say who you are.")

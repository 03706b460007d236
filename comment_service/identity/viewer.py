"""The reader or moderator who makes a request, as plain values that outlive any transaction."""

from dataclasses import dataclass

GUEST = "guest"
HOST = "host"


@dataclass(frozen=True)
class Viewer:
    """The identity behind a request.

    ``provider`` and ``subject`` are the identity; a guest who has never sent anything has no
    subject yet. ``network`` is a keyed hash of the client address, never the address itself.
    """

    provider: str = GUEST
    subject: str = ""
    author_id: int | None = None
    name: str = ""
    email: str = ""
    url: str = ""
    network: str = ""
    moderator: bool = False
    owner: bool = False  # a moderator who owns the site
    writer: bool = False  # writes the posts
    log_out_url: str = ""

    @property
    def is_guest(self) -> bool:
        """Return True for a viewer who is known only by a browser token."""
        return self.provider == GUEST

"""Who is asking: plain values, so that they outlive any transaction."""

from dataclasses import dataclass

GUEST = "guest"
HOST = "host"


@dataclass(frozen=True)
class Viewer:
    """One asker.

    ``provider`` and ``subject`` name the identity; a guest who has never sent anything has no
    subject yet. ``network`` is a keyed hash of the address, never the address.
    """

    provider: str = GUEST
    subject: str = ""
    author_id: int | None = None
    name: str = ""
    email: str = ""
    url: str = ""
    network: str = ""
    moderator: bool = False
    writer: bool = False  # writes the posts
    log_out_url: str = ""

    @property
    def is_guest(self) -> bool:
        """Whether nothing but a browser's token speaks for them."""
        return self.provider == GUEST

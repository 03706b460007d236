"""The host application's signed-in user, as returned by the host's callback."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HostUser:
    """A host's signed-in user; a host must never reuse an ``id`` for another user."""

    id: str
    name: str
    email: str = ""
    url: str = ""
    moderator: bool = False
    writer: bool = False  # writes the posts; their comments are marked accordingly
    log_out_url: str = ""

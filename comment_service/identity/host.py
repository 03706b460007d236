"""The host application's signed-in user, as returned by the host's callback."""

from dataclasses import dataclass

STAFF_ROLES = ("moderator", "owner")
"""Roles with which a host opens the moderation pages to one of its users."""


@dataclass(frozen=True)
class HostUser:
    """A host's signed-in user; a host must never reuse an ``id`` for another user.

    ``role`` opens the moderation pages of the host's site, without a log-in of their own: it is
    ``moderator``, ``owner``, or "" for readers, and marks comments on that site. ``moderator`` only
    marks comments, on every site of the service.

    Raises:
        ValueError: the role is unknown, or there is no id to know the person by.
    """

    id: str
    name: str
    email: str = ""
    url: str = ""
    moderator: bool = False
    writer: bool = False  # writes the posts; their comments are marked accordingly
    log_out_url: str = ""
    role: str = ""

    def __post_init__(self) -> None:
        """Refuse a role that would be misunderstood."""
        if self.role not in {"", *STAFF_ROLES}:
            raise ValueError(
                f"HostUser has the role {self.role!r}; write {' or '.join(STAFF_ROLES)}, or leave "
                "it out for readers"
            )
        if self.role and not str(self.id):
            raise ValueError("HostUser has a role but no id; give the user's permanent id")

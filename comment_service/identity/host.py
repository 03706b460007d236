"""The host application's own signed-in user, handed over by a callback."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HostUser:
    """What a host says of its signed-in user; ``id`` must never be given to anyone else."""

    id: str
    name: str
    email: str = ""
    url: str = ""
    moderator: bool = False
    writer: bool = False  # writes the posts: their comments say so
    log_out_url: str = ""

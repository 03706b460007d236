"""An answer whose status is not the usual one of its operation."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from comment_service.web.api.shapes import Shape

Body = TypeVar("Body", bound=Shape)


@dataclass(frozen=True)
class Reply(Generic[Body]):
    """A body and its HTTP status; None is the operation's own."""

    body: Body
    status: int | None = None

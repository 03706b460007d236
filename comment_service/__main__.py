"""Entry point of ``comment-service`` and ``python -m comment_service``."""

from comment_service import cli
from comment_service.app import create_app, prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.extension import CommentService


def main() -> None:
    """Run the command line."""
    cli.group("comment-service", Assembly(create_app, CommentService, prepare, start))()


if __name__ == "__main__":
    main()

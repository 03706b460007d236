"""A mail server, for the pages whose figures are mailed too."""

from tests.notify.conftest import mailbox, mailing

__all__ = ["mailbox", "mailing"]

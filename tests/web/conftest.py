"""A mail server, for pages whose figures are also sent by mail."""

from tests.notify.conftest import mailbox, mailing

__all__ = ["mailbox", "mailing"]

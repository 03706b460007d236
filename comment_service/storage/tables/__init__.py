"""The tables, split by noun; importing this package registers them all."""

from comment_service.storage.tables.authors import Author, Identity, Session
from comment_service.storage.tables.batches import Batch, Revision, VerdictReason
from comment_service.storage.tables.comments import (
    DELETED,
    HELD,
    PUBLISHED,
    REJECTED,
    SPAM,
    STATUSES,
    Comment,
    LinkedDomain,
)
from comment_service.storage.tables.likes import CommentLike, PageLike, Report
from comment_service.storage.tables.outbox import OutboxRow
from comment_service.storage.tables.people import Moderator, Ticket
from comment_service.storage.tables.sites import ListEntry, Page, RuleChange, Site
from comment_service.storage.tables.spam import (
    Decision,
    Forgetting,
    Label,
    Model,
    ShadowScore,
    Switch,
    Verdict,
)

__all__ = [
    "DELETED",
    "HELD",
    "PUBLISHED",
    "REJECTED",
    "SPAM",
    "STATUSES",
    "Author",
    "Batch",
    "Comment",
    "CommentLike",
    "Decision",
    "Forgetting",
    "Identity",
    "Label",
    "LinkedDomain",
    "ListEntry",
    "Model",
    "Moderator",
    "OutboxRow",
    "Page",
    "PageLike",
    "Report",
    "Revision",
    "RuleChange",
    "Session",
    "ShadowScore",
    "Site",
    "Switch",
    "Ticket",
    "Verdict",
    "VerdictReason",
]

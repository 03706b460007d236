"""The tables; importing this package registers all of them."""

from comment_service.storage.tables.accounts import (
    AuthorChange,
    Passkey,
    Picture,
    ProviderApp,
    SignIn,
)
from comment_service.storage.tables.api import SCOPES, ApiKey, CheckCount, ExternalCheck
from comment_service.storage.tables.authors import Author, Identity, Session
from comment_service.storage.tables.batches import Batch, Revision, VerdictReason
from comment_service.storage.tables.comments import (
    DELETED,
    PENDING,
    PUBLISHED,
    REJECTED,
    SPAM,
    STATUSES,
    Comment,
    LinkedDomain,
)
from comment_service.storage.tables.imports import Import, ImportedComment, ImportedPage
from comment_service.storage.tables.likes import CommentLike, PageLike, Reaction, Report
from comment_service.storage.tables.outbox import OutboxRow
from comment_service.storage.tables.people import (
    MODERATOR,
    OWNER,
    ROLES,
    LoginFailure,
    Moderator,
    PeopleChange,
    SavedReply,
    Seat,
    Ticket,
)
from comment_service.storage.tables.sites import (
    EmbedOrigin,
    ListEntry,
    Page,
    PageAlias,
    RuleChange,
    Site,
)
from comment_service.storage.tables.spam import (
    Decision,
    Forgetting,
    Label,
    Model,
    ShadowScore,
    Switch,
    Verdict,
)
from comment_service.storage.tables.subscriptions import Subscription
from comment_service.storage.tables.syndicated_threads import SyndicatedThread
from comment_service.storage.tables.watch import (
    AuthorNote,
    Glance,
    Shield,
    SpotCheck,
    SpotSample,
)
from comment_service.storage.tables.webhooks import WEBHOOK_KINDS, Webhook, WebhookDelivery
from comment_service.storage.tables.webmentions import SentWebmention, Webmention, WebmentionPage

__all__ = [
    "DELETED",
    "MODERATOR",
    "OWNER",
    "PENDING",
    "PUBLISHED",
    "REJECTED",
    "ROLES",
    "SCOPES",
    "SPAM",
    "STATUSES",
    "WEBHOOK_KINDS",
    "ApiKey",
    "Author",
    "AuthorChange",
    "AuthorNote",
    "Batch",
    "CheckCount",
    "Comment",
    "CommentLike",
    "Decision",
    "EmbedOrigin",
    "ExternalCheck",
    "Forgetting",
    "Glance",
    "Identity",
    "Import",
    "ImportedComment",
    "ImportedPage",
    "Label",
    "LinkedDomain",
    "ListEntry",
    "LoginFailure",
    "Model",
    "Moderator",
    "OutboxRow",
    "Page",
    "PageAlias",
    "PageLike",
    "Passkey",
    "PeopleChange",
    "Picture",
    "ProviderApp",
    "Reaction",
    "Report",
    "Revision",
    "RuleChange",
    "SavedReply",
    "Seat",
    "SentWebmention",
    "Session",
    "ShadowScore",
    "Shield",
    "SignIn",
    "Site",
    "SpotCheck",
    "SpotSample",
    "Subscription",
    "Switch",
    "SyndicatedThread",
    "Ticket",
    "Verdict",
    "VerdictReason",
    "Webhook",
    "WebhookDelivery",
    "Webmention",
    "WebmentionPage",
]

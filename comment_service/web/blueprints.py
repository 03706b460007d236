"""Every door, in one list, and which of them no cache keeps."""

from comment_service.web.admin.embed_code import snippet
from comment_service.web.admin.login import signin
from comment_service.web.admin.my_account import me
from comment_service.web.admin.rules import rules
from comment_service.web.admin.team import people
from comment_service.web.comments.avatar_views import pictures
from comment_service.web.comments.counts import around
from comment_service.web.comments.edit_views import own
from comment_service.web.comments.feeds import feeds
from comment_service.web.comments.iframe import frames
from comment_service.web.comments.report_views import reports
from comment_service.web.comments.thread_views import widget
from comment_service.web.comments.write_views import api
from comment_service.web.filter.views import owner
from comment_service.web.moderation.bulk_undo import causes
from comment_service.web.moderation.mail_decision import by_mail
from comment_service.web.moderation.queue_views import moderation
from comment_service.web.ops.health import ops
from comment_service.web.pages.embed_check import doctor
from comment_service.web.pages.merge import pages
from comment_service.web.readers.account_page import account
from comment_service.web.readers.claim import claims
from comment_service.web.readers.confirmation import confirmation
from comment_service.web.readers.login_window import back_by_post, window
from comment_service.web.readers.magic_link import mail_link
from comment_service.web.readers.passkeys import passkeys
from comment_service.web.readers.subscribe_views import subscribing
from comment_service.web.readers.subscription_views import subscriptions

DOORS = (
    widget,
    around,
    frames,
    api,
    feeds,
    reports,
    own,
    pictures,
    claims,
    window,
    confirmation,
    mail_link,
    passkeys,
    account,
    subscribing,
    subscriptions,
    signin,
    by_mail,
    moderation,
    owner,
    rules,
    pages,
    snippet,
    causes,
    doctor,
    people,
    me,
    ops,
)
PRIVATE = {door.name for door in DOORS} - {
    "widget",
    "around",
    "frames",
    "api",
    "feeds",
    "reports",
    "own",
    "pictures",
    "claims",
    "ops",
}
"""Blueprints whose pages no cache keeps."""

UNGUARDED = (
    api,
    around,
    reports,
    own,
    claims,
    back_by_post,  # a provider posts; OAuth's state is checked on the way back
    subscribing,
    subscriptions,
)
"""What is sent from other people's pages: it checks a token of its own, not Flask-WTF's."""

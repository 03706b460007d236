"""Every door, in one list, and which of them no cache keeps."""

from comment_service.web.account_page import account
from comment_service.web.api import api
from comment_service.web.around import around
from comment_service.web.causes import causes
from comment_service.web.claims import claims
from comment_service.web.confirmation import confirmation
from comment_service.web.doctor_page import doctor
from comment_service.web.feeds import feeds
from comment_service.web.frames import frames
from comment_service.web.mail_link import mail_link
from comment_service.web.mail_page import by_mail
from comment_service.web.moderation import moderation
from comment_service.web.my_account import me
from comment_service.web.ops import ops
from comment_service.web.own_page import own
from comment_service.web.owner import owner
from comment_service.web.page_merge import pages
from comment_service.web.passkeys import passkeys
from comment_service.web.people_page import people
from comment_service.web.pictures import pictures
from comment_service.web.report_page import reports
from comment_service.web.rules_page import rules
from comment_service.web.signin import signin
from comment_service.web.snippet_page import snippet
from comment_service.web.subscribe_page import subscribing
from comment_service.web.subscription_page import subscriptions
from comment_service.web.widget import widget
from comment_service.web.window import back_by_post, window

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

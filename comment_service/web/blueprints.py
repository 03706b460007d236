"""All blueprints, and which of them are exempt from ``no-store`` and from CSRF protection."""

from comment_service.web.admin import (
    api_keys,
    embed_code,
    export,
    first_steps,
    imports,
    login,
    my_account,
    person,
    rules,
    sites,
    team,
    webhooks,
)
from comment_service.web.akismet import views as akismet
from comment_service.web.api import views as api
from comment_service.web.comments import (
    avatar_views,
    counts,
    edit_views,
    feeds,
    iframe,
    latest,
    report_views,
    thread_views,
    webmention_views,
    write_views,
)
from comment_service.web.filter import external_checks
from comment_service.web.filter import views as filter_views
from comment_service.web.moderation import (
    bulk_undo,
    in_place,
    in_place_window,
    mail_decision,
    queue_views,
)
from comment_service.web.ops import health
from comment_service.web.pages import embed_check
from comment_service.web.pages.replies_elsewhere import blueprint as pages_blueprint
from comment_service.web.readers import (
    account_page,
    claim,
    confirmation,
    login_window,
    magic_link,
    passkeys,
    subscribe_views,
    subscription_views,
)

PUBLIC = (
    thread_views.blueprint,
    counts.blueprint,
    latest.blueprint,
    iframe.blueprint,
    write_views.blueprint,
    webmention_views.blueprint,
    feeds.blueprint,
    report_views.blueprint,
    edit_views.blueprint,
    avatar_views.blueprint,
    claim.blueprint,
    health.blueprint,
    akismet.blueprint,
    api.blueprint,
    in_place.blueprint,  # its answers may be read by the site's pages, but never kept
)
"""Blueprints whose views set ``Cache-Control`` themselves."""

NOT_CACHED = (
    login_window.blueprint,
    confirmation.blueprint,
    magic_link.blueprint,
    passkeys.blueprint,
    account_page.blueprint,
    subscribe_views.blueprint,
    subscription_views.blueprint,
    login.blueprint,
    mail_decision.blueprint,
    queue_views.blueprint,
    in_place_window.blueprint,
    filter_views.blueprint,
    rules.blueprint,
    sites.blueprint,
    first_steps.blueprint,
    pages_blueprint,
    embed_code.blueprint,
    bulk_undo.blueprint,
    embed_check.blueprint,
    imports.blueprint,
    team.blueprint,
    export.blueprint,
    person.blueprint,
    my_account.blueprint,
    api_keys.blueprint,
    external_checks.blueprint,
    webhooks.blueprint,
)
"""Blueprints whose responses get ``Cache-Control: no-store``."""

BLUEPRINTS = (*PUBLIC, *NOT_CACHED)
NOT_CACHED_NAMES = {blueprint.name for blueprint in NOT_CACHED}

SIGN_IN_WINDOW = {
    blueprint.name
    for blueprint in (
        login_window.blueprint,
        confirmation.blueprint,
        magic_link.blueprint,
        passkeys.blueprint,
        in_place_window.blueprint,
    )
}
"""Names of the blueprints of the window that a widget opens, to sign in or to moderate."""

CSRF_EXEMPT = (
    write_views.blueprint,
    webmention_views.blueprint,  # other websites' servers, no browsers
    counts.blueprint,
    report_views.blueprint,
    edit_views.blueprint,
    claim.blueprint,
    login_window.back_by_post,  # providers post here; the following GET checks the OAuth state
    subscribe_views.blueprint,
    subscription_views.blueprint,
    akismet.blueprint,  # programs with a key, no browsers
    api.blueprint,
    in_place.blueprint,  # a token in a header, or a cookie with the Origin of this host
)
"""Blueprints and views that receive requests from other sites' pages; they check a form token."""

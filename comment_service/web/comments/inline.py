"""Render a thread inside a host app's own page: the same template, in the host's request."""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Flask, render_template, request, url_for
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from comment_service.errors import Refusal
from comment_service.storage.db.session import session
from comment_service.storage.pages import pages
from comment_service.text import addresses
from comment_service.web.comments import own_comments, presenters
from comment_service.web.comments import render as rendered
from comment_service.web.http import body, place
from comment_service.web.http.viewer import current_viewer, has_host_role, host_user

_log = logging.getLogger(__name__)
BACK_TO_PAGE = "page"
"""Value of ``back`` in the forms of a host's page: without JavaScript, readers return to it."""
_THREADS = "comment_service.threads"
"""Key in the environ of the host's request: the pages whose threads it shows already."""


def inline(
    service: Flask,
    *,
    base_url: str,
    page: str,
    title: str,
    options: Mapping[str, str],
    environ: Mapping[str, Any],
) -> Markup:
    """Return ``<comment-thread>`` with the page's thread, its form and its script.

    Each further thread of one host page has a number, which makes its ids unique. A page that is
    already there comes a second time without ids: the script mounts it in a shadow root.

    Returns an empty string if the site does not accept the page's URL; the log says why.
    """
    settings, here = service.extensions["comments"].settings, request.url
    shown: list[str] = request.environ.setdefault(_THREADS, [])
    number = {"number": str(len(shown) + 1)} if shown else {}
    query = {"site": settings.site, "url": page, "title": title, **number, **options}
    with service.test_request_context(
        "/thread", base_url=base_url, query_string=query, environ_overrides=dict(environ)
    ):
        try:
            at = place.page_ref(body.sanitize(MultiDict(query)))
        except Refusal as refusal:  # the host's page must render even if its thread cannot
            _log.error("no thread on %s: %s", page, refusal.message)
            return Markup("")
        found = pages.find(session(), at.site.id, at.url)
        key = str(found.id) if found else addresses.page_key(at.url)
        if key in shown:
            return loader(service, base_url=base_url, page=page, title=title)
        viewer = current_viewer(at.site.id)
        view = own_comments.with_unseen_comments(
            at, viewer, rendered.load(at, rendered.thread_query())
        )
        form = presenters.reader_form(at, viewer, secrets.token_urlsafe(18))
        if _is_page(at.url, here):
            view = replace(
                view,
                likes_url=url_for("comments.like", back=BACK_TO_PAGE),
                reactions_url=url_for("comments.react", back=BACK_TO_PAGE),
            )
            form = replace(form, action=url_for("comments.submit", back=BACK_TO_PAGE))
        html = Markup(  # noqa: S704 - rendered by our own template
            render_template(
                "comments/comments/inline.html",
                thread=view,
                form=None if view.closed else form,
                moderates=_is_host_staff(at.site.id),
                script_url=url_for("thread.embed"),
                style_url=url_for("static", filename="comments.css"),
            )
        )
    shown.append(key)
    return html


def _is_host_staff(site_id: int) -> bool:
    """Return True if the host's user moderates this site, so that the script offers it here."""
    user = host_user()
    return user is not None and has_host_role(user, site_id)


def _is_page(url: str, here: str) -> bool:
    """Return True if the host shows a page's thread on that very page, not on another one."""
    try:
        return addresses.page_key(url) == addresses.page_key(addresses.clean_page_url(here))
    except ValueError:
        return False


def loader(service: Flask, *, base_url: str, page: str, title: str) -> Markup:
    """Return markup without a thread, which the script fills once the service answers again."""
    site = service.extensions["comments"].settings.site
    return Markup(
        '<comment-thread data-base="{0}/" data-site="{1}" data-page="{2}" data-title="{3}">'
        '</comment-thread>\n<script src="{0}/embed.js" defer></script>'
    ).format(base_url, site, page, title)

"""A thread inside a host's own page: rendered by the one template, in the host's request."""

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from flask import Flask, render_template, url_for
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from comment_service.errors import Refusal
from comment_service.web.comments import presenters
from comment_service.web.comments import render as rendered
from comment_service.web.http import place
from comment_service.web.http.viewer import current_viewer

_log = logging.getLogger(__name__)


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

    Where the page's address is no address of the site, nothing; the log says why.
    """
    settings = service.extensions["comments"].settings
    asked = {"site": settings.site, "url": page, "title": title, **options}
    with service.test_request_context(
        "/thread", base_url=base_url, query_string=asked, environ_overrides=dict(environ)
    ):
        try:
            at = place.place(place.clean(MultiDict(asked)))
        except Refusal as refusal:  # a host's page is worth more than the thread under it
            _log.error("no thread on %s: %s", page, refusal.message)
            return Markup("")
        view = rendered.load(at, rendered.asked())
        form = presenters.form(at, current_viewer(at.site.id), secrets.token_urlsafe(18))
        return Markup(  # noqa: S704 - made by our own templates
            render_template(
                "comments/comments/inline.html",
                thread=view,
                form=None if view.closed else form,
                script_url=url_for("widget.embed"),
                style_url=url_for("static", filename="comments.css"),
            )
        )

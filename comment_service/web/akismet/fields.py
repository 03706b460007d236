"""Read the fields of a request to the Akismet-compatible API.

Clients send what their platform knows: unknown fields are accepted, and every field may be missing.
"""

import re
from collections.abc import Mapping

from flask import request
from werkzeug.datastructures import MultiDict

from comment_service.actions.filter.external_check import MAX_BLOG, SentText
from comment_service.web.http.proxy import SENT_HOST
from comment_service.web.http.viewer import network_of

_KEY = re.compile(r"[0-9a-z]{12}")
_CONTEXT = re.compile(r"comment_context(\[\d*\])?")


def values() -> MultiDict[str, str]:
    """Return the fields of the body and of the query string; the body's come first."""
    found = MultiDict(request.form)
    for name, value in request.args.items(multi=True):
        found.add(name, value)
    return found


def sent_key(sent: MultiDict[str, str]) -> str:
    """Return the key: ``api_key``, ``key``, or the first label of the host name."""
    label = str(request.environ.get(SENT_HOST, "")).partition(".")[0].lower()
    from_host = label if _KEY.fullmatch(label) else ""
    return (sent.get("api_key") or sent.get("key") or from_host).strip()


def is_true(value: str | None) -> bool:
    """Return True for what clients send for a switch that is on."""
    return (value or "").strip().lower() in {"1", "true", "yes", "on"}


def sent_text(sent: MultiDict[str, str]) -> SentText:
    """Return the text with what is known of it."""
    context = [value for name, value in sent.items(multi=True) if _CONTEXT.fullmatch(name)]
    return SentText(
        blog=_line(sent, "blog")[:MAX_BLOG],
        text=sent.get("comment_content", ""),
        kind=_line(sent, "comment_type"),
        author=_line(sent, "comment_author"),
        email=_line(sent, "comment_author_email"),
        url=_line(sent, "comment_author_url"),
        permalink=_line(sent, "permalink"),
        lang=_line(sent, "blog_lang").partition(",")[0].partition("_")[0].strip(),
        network=network_of(_line(sent, "user_ip")),
        honeypot=_honeypot(sent),
        page_text="\n".join(context),
    )


def _line(sent: Mapping[str, str], name: str) -> str:
    return " ".join((sent.get(name) or "").split())


def _honeypot(sent: MultiDict[str, str]) -> str:
    """Return what was typed into the field that the client named as its honeypot."""
    name = sent.get("honeypot_field_name", "")
    return sent.get(name, "") if name else ""

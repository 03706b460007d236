"""The views of the Akismet-compatible API; answers are exactly the words that clients look for.

Headers for debugging are sent with errors only: some clients take them for a failure.
"""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from flask import Blueprint, Response, g, jsonify
from werkzeug.datastructures import MultiDict

from comment_service.actions.admin.api_keys import AKISMET
from comment_service.actions.filter import external_check
from comment_service.errors import FilterUnavailable
from comment_service.screening import model_cache
from comment_service.storage.admin import api_keys
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import external_checks
from comment_service.storage.tables import ApiKey
from comment_service.web.akismet import fields
from comment_service.web.http.context import runtime
from comment_service.web.http.rate_limits import limiter
from comment_service.web.http.viewer import client_network

blueprint = Blueprint("akismet", __name__)

CALLS = "600 per minute"
"""Calls of one key, or of one network without a valid one."""
THANKS = "Thanks for making the web a better place."
MAX_SITES = 500
GUARANTEED_SPAM = frozenset({"viagra-test-123", "akismet-guaranteed-spam"})
"""Authors whose texts are always spam, for tests of clients."""
GUARANTEED_SPAM_EMAIL = "akismet-guaranteed-spam@example.com"
_STATS_SINCE = {"60-days": timedelta(days=60), "6-months": timedelta(days=183)}
"""Values of ``from`` in /1.1/get-stats → how long ago; any other value: everything."""
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")

View = Callable[[ApiKey, MultiDict[str, str]], Response]


def _text(body: str, *, hint: str = "", status: int = 200) -> Response:
    """Answer with plain text; ``hint`` says what is wrong."""
    answer = Response(body, status=status, content_type="text/plain; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    if hint:
        answer.headers["X-akismet-debug-help"] = hint
    return answer


def _bucket() -> str:
    """Return whose calls are counted together: those of a key, else those of a network."""
    key = _find(fields.values())
    return f"key {key.id}" if key is not None else f"network {client_network()}"


def _with_key(view: View) -> Callable[[], Response]:
    """Call a view with the key of the request; answer ``invalid`` without one."""

    @wraps(view)
    def checked() -> Response:
        sent = fields.values()
        key = _find(sent)
        if key is None:
            return _text("invalid", hint="Unknown or revoked key. Make one under API keys.")
        return view(key, sent)

    return limiter.limit(CALLS, key_func=_bucket)(checked)


def _find(sent: MultiDict[str, str]) -> ApiKey | None:
    """Return the key of the request, which is looked up once."""
    if "akismet_key" not in g:
        key = api_keys.find(session(), fields.sent_key(sent))
        usable = key is not None and AKISMET in key.scopes and key.site_id is not None
        g.akismet_key = key if usable else None
    found: ApiKey | None = g.akismet_key
    return found


@blueprint.post("/1.1/verify-key")
@limiter.limit(CALLS, key_func=_bucket)
def verify_key() -> Response:
    """Answer ``valid`` or ``invalid``."""
    sent = fields.values()
    if not sent.get("blog"):
        return _text("invalid", hint='Empty "blog" value')
    if _find(sent) is None:
        return _text("invalid", hint="Unknown or revoked key. Make one under API keys.")
    return _text("valid")


@blueprint.post("/1.1/comment-check", endpoint="comment_check")
@_with_key
def comment_check(key: ApiKey, sent: MultiDict[str, str]) -> Response:
    """Answer ``true`` for spam and ``false`` for any other text."""
    for name in ("blog", "user_ip"):
        if not sent.get(name):
            return _text(f"Missing required field: {name}.", hint=f'Empty "{name}" value')
    if key.site_id is None:
        return _text("invalid")
    model_cache.warm(session(), runtime(), key.site_id)
    text = fields.sent_text(sent)
    known = _told_by_tests(sent)
    with transaction() as current:
        row = current.get_one(ApiKey, key.id)
        api_keys.note_use(current, row, runtime().now())
        if known is not None:
            counter = "spam" if known.spam else "ham"
            month = runtime().now().strftime("%Y-%m")
            external_checks.count(current, row.id, month, text.blog, counter)
            found = known
        else:
            try:
                found = external_check.check(
                    session=current,
                    runtime=runtime(),
                    site=row.site,  # type: ignore[arg-type]
                    key=row,
                    sent=text,
                    store=not fields.is_true(sent.get("is_test")),
                )
            except FilterUnavailable as refusal:
                return _unavailable(str(refusal))
    answer = _text("true" if found.spam else "false")
    answer.headers["X-akismet-guid"] = found.guid
    if found.blatant:
        answer.headers["X-akismet-pro-tip"] = "discard"
    return answer


def _told_by_tests(sent: MultiDict[str, str]) -> external_check.Answer | None:
    """Return the answer that clients' tests count on, None for an ordinary text."""
    if (
        sent.get("comment_author", "") in GUARANTEED_SPAM
        or sent.get("comment_author_email", "").lower() == GUARANTEED_SPAM_EMAIL
    ):
        return external_check.Answer(spam=True)
    if sent.get("user_role") == "administrator":
        return external_check.Answer(spam=False)
    return None


def _unavailable(why: str) -> Response:
    answer = _text("error", hint=why, status=503)
    answer.headers["X-akismet-error"] = "1"
    answer.headers["Retry-After"] = "60"
    return answer


@blueprint.post("/1.1/submit-spam", endpoint="submit_spam")
@_with_key
def submit_spam(key: ApiKey, sent: MultiDict[str, str]) -> Response:
    """Take a text that the filter let through."""
    return _report(key, sent, spam=True)


@blueprint.post("/1.1/submit-ham", endpoint="submit_ham")
@_with_key
def submit_ham(key: ApiKey, sent: MultiDict[str, str]) -> Response:
    """Take a text that the filter called spam by mistake."""
    return _report(key, sent, spam=False)


def _report(key: ApiKey, sent: MultiDict[str, str], *, spam: bool) -> Response:
    if not sent.get("blog"):
        return _text("Missing required field: blog.", hint='Empty "blog" value')
    text = fields.sent_text(sent)
    if text.text.strip() and not fields.is_true(sent.get("is_test")):
        with transaction() as current:
            row = current.get_one(ApiKey, key.id)
            api_keys.note_use(current, row, runtime().now())
            external_check.report(
                session=current,
                runtime=runtime(),
                site=row.site,  # type: ignore[arg-type]
                key=row,
                sent=text,
                spam=spam,
            )
    return _text(THANKS)


@blueprint.route("/1.2/usage-limit", methods=["GET", "POST"], endpoint="usage_limit")
@_with_key
def usage_limit(key: ApiKey, sent: MultiDict[str, str]) -> Response:
    """Say how many calls the key made this month; there is no limit."""
    month = runtime().now().strftime("%Y-%m")
    usage = sum(one.calls for one in external_checks.counts(session(), key.id, month))
    body: dict[str, object] = {
        "limit": "none", "usage": usage, "percentage": "0.00", "throttled": False,
    }  # fmt: skip
    if fields.is_true(sent.get("extended")):
        body |= {"notice_level": None, "upgrade": False}
    return _json(body)


@blueprint.route("/1.2/key-sites", methods=["GET", "POST"], endpoint="key_sites")
@_with_key
def key_sites(key: ApiKey, sent: MultiDict[str, str]) -> Response:
    """List the blogs of a key with their counts of a month, as JSON or CSV."""
    month = sent.get("month") or runtime().now().strftime("%Y-%m")
    if not _MONTH.fullmatch(month):
        return _text("Invalid month.", hint='"month" is written as YYYY-MM')
    order = {"spam": "spam", "ham": "ham", "missed_spam": "missed_spam",
             "false_positives": "false_positives"}.get(sent.get("order", ""), "calls")  # fmt: skip
    found = [
        one
        for one in external_checks.counts(session(), key.id, month)
        if sent.get("filter", "") in one.blog
    ]
    found.sort(key=lambda one: (-getattr(one, order), one.blog))
    limit, offset = _number(sent, "limit", MAX_SITES), _number(sent, "offset", 0)
    rows = [
        {
            "site": one.blog,
            "api_calls": one.calls,
            "spam": one.spam,
            "ham": one.ham,
            "missed_spam": one.missed_spam,
            "false_positives": one.false_positives,
            "is_revoked": False,
        }
        for one in found[offset : offset + limit]
    ]
    if sent.get("format") == "csv":
        return _csv(rows)
    return _json({month: rows, "limit": limit, "offset": offset, "total": len(found)})


def _number(sent: MultiDict[str, str], name: str, default: int) -> int:
    found = sent.get(name, type=int)
    return min(max(found, 0), MAX_SITES * 1000) if found is not None else default


def _csv(rows: list[dict[str, object]]) -> Response:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(
        ["Site", "Total API Calls", "Spam", "Ham", "Missed Spam", "False Positives", "Is Revoked"]
    )
    for row in rows:
        site = str(row["site"])
        cell = f"'{site}" if site[:1] in "=+-@\t" else site  # a spreadsheet would run it
        table.writerow([cell, *list(row.values())[1:-1], "false"])
    answer = Response(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _json(body: dict[str, object]) -> Response:
    answer = jsonify(body)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/1.1/deactivate", endpoint="deactivate")
@_with_key
def deactivate(_key: ApiKey, _sent: MultiDict[str, str]) -> Response:
    """Answer what a plugin expects when it is switched off; the key stays valid."""
    return _text("deactivated")


@blueprint.route("/1.1/get-subscription", methods=["GET", "POST"], endpoint="get_subscription")
@_with_key
def get_subscription(key: ApiKey, _sent: MultiDict[str, str]) -> Response:
    """Describe the key as an account without a price."""
    return _json(
        {
            "account_id": key.id,
            "account_name": key.name,
            "account_type": "",
            "status": "active",
            "next_billing_date": None,
            "limit_reached": False,
        }
    )


@blueprint.route("/1.1/get-stats", methods=["GET", "POST"], endpoint="get_stats")
@_with_key
def get_stats(key: ApiKey, sent: MultiDict[str, str]) -> Response:
    """Return a blog's counts since ``from``, which the WordPress plugin shows in its settings."""
    now, blog = runtime().now(), fields.sent_text(sent).blog
    ago = _STATS_SINCE.get(sent.get("from", ""))
    since = (now - ago).strftime("%Y-%m") if ago else ""
    found = external_checks.totals(session(), key.id, blog, since=since)
    judged = found["spam"] + found["ham"]
    wrong = found["missed_spam"] + found["false_positives"]
    accuracy = 100 * max(judged - wrong, 0) / judged if judged else 0.0
    return _json({**found, "accuracy": f"{accuracy:.2f}"})


@blueprint.get("/1.1/test", endpoint="test")
def test() -> Response:
    """Answer the plugin's question whether the server can be reached."""
    return _text("connected")


@blueprint.errorhandler(429)
def too_many(_error: Exception) -> Response:
    """Answer a key that calls too often."""
    answer = _text("error", hint="Too many calls; wait a minute.", status=429)
    answer.headers["Retry-After"] = "60"
    return answer

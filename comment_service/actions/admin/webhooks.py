"""Create, change, rotate, switch and delete a site's outgoing webhooks.

The signing secret is not stored: it is derived from the server's secret and a salt.
"""

import base64
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.orm import Session

from comment_service import fetching
from comment_service.errors import AlreadyDone, DoesNotExist, InvalidFields
from comment_service.events import EVENT_TYPES
from comment_service.runtime import Runtime
from comment_service.storage.admin import people, rights, webhook_deliveries, webhooks
from comment_service.storage.tables import WEBHOOK_KINDS, Moderator, Webhook, WebhookDelivery
from comment_service.text.sentences import staff_sentence

MAX_NAME, MAX_URL, MAX_AUTHORIZATION = 100, 2000, 2000
MAX_WEBHOOKS = 50
"""Webhooks of one site."""
OLD_SECRET_VALID = timedelta(hours=24)
TEST = "webhook.test"
"""The event of the test button."""
EVENT_LABELS: Mapping[str, str] = {
    TEST: staff_sentence("This is a test"),
    "comment.submitted": staff_sentence("New comment"),
    "comment.published": staff_sentence("Comment published"),
    "comment.held": staff_sentence("Comment needs review"),
    "comment.filed": staff_sentence("Comment marked as spam"),
    "comment.decided": staff_sentence("Moderator decided"),
    "comment.edited": staff_sentence("Comment edited"),
    "comment.deleted": staff_sentence("Comment deleted"),
    "comment.reported": staff_sentence("Comment reported"),
    "like.changed": staff_sentence("Likes changed"),
    "reaction.changed": staff_sentence("Reactions changed"),
    "page.moved": staff_sentence("Page moved"),
    "pages.merged": staff_sentence("Pages merged"),
    "comments.moved": staff_sentence("Comments moved"),
    "model.trained": staff_sentence("Spam filter trained"),
    "model.promoted": staff_sentence("Spam filter switched"),
    "flood.began": staff_sentence("Flood protection began"),
    "flood.ended": staff_sentence("Flood protection ended"),
    "backup.failed": staff_sentence("Backup failed"),
}
"""Event → its words, on the pages and in messages to chats."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of the Standard Webhooks specification


@dataclass(frozen=True)
class WebhookDraft:
    """A webhook as a form has it; ``authorization`` None keeps what is stored."""

    name: str
    url: str
    kind: str
    events: Collection[str]
    authorization: str | None = None


def secret(runtime: Runtime, webhook: Webhook, *, old: bool = False) -> str:
    """Return the signing secret: 256 bits in base64, with the prefix of Standard Webhooks."""
    value = f"{webhook.id} {webhook.old_salt if old else webhook.salt}"
    digits = "".join(runtime.keyed_hash(f"webhook {part}", value) for part in (1, 2))
    return SECRET_PREFIX + base64.b64encode(bytes.fromhex(digits)).decode()


def valid_secrets(runtime: Runtime, webhook: Webhook) -> list[str]:
    """Return the secrets to sign with now, the newest first."""
    found = [secret(runtime, webhook)]
    if webhook.old_until is not None and runtime.now() < webhook.old_until:
        found.append(secret(runtime, webhook, old=True))
    return found


def create(
    *, session: Session, runtime: Runtime, by: int, site_id: int, draft: WebhookDraft
) -> Webhook:
    """Create a webhook.

    Raises:
        DoesNotExist: the moderator does not own the site.
        InvalidFields: a value cannot be used; the message says why.
    """
    if not rights.rights_of(session, by).owns(site_id):
        raise DoesNotExist("There is no such site.")
    problems = _problems(runtime, draft)
    if len(webhooks.of_site(session, site_id)) >= MAX_WEBHOOKS:
        problems["name"] = [
            staff_sentence(
                "A site has up to %(number)s webhooks. Delete one first.", number=MAX_WEBHOOKS
            )
        ]
    if problems:
        raise InvalidFields(problems)
    row = Webhook(site_id=site_id, kind=draft.kind, salt=secrets.token_hex(16))
    _fill(row, draft)
    row.created_by, row.created_at = session.get_one(Moderator, by).name, runtime.now()
    session.add(row)
    session.flush()
    _log(session, runtime, row, "webhook_added", by)
    return row


def change(
    *, session: Session, runtime: Runtime, by: int, webhook_id: int, draft: WebhookDraft
) -> Webhook:
    """Change a webhook's name, address, events and token; its kind stays.

    Raises:
        DoesNotExist: there is no such webhook on a site that the moderator owns.
        InvalidFields: a value cannot be used.
    """
    row = owned(session, by, webhook_id)
    problems = _problems(runtime, draft)
    if problems:
        raise InvalidFields(problems)
    _fill(row, draft)
    session.flush()
    _log(session, runtime, row, "webhook_changed", by)
    return row


def owned(session: Session, by: int, webhook_id: int) -> Webhook:
    """Return a webhook, locked.

    Raises:
        DoesNotExist: there is no such webhook on a site that the moderator owns.
    """
    row = webhooks.load(session, webhook_id)
    if row is None or not rights.rights_of(session, by).owns(row.site_id):
        raise DoesNotExist("There is no such webhook.")
    return row


def rotate(*, session: Session, runtime: Runtime, by: int, webhook_id: int) -> Webhook:
    """Give a webhook a new secret; the one before stays valid for ``OLD_SECRET_VALID``.

    Raises:
        DoesNotExist: there is no such webhook on a site that the moderator owns.
    """
    row = owned(session, by, webhook_id)
    row.old_salt, row.salt = row.salt, secrets.token_hex(16)
    row.old_until = runtime.now() + OLD_SECRET_VALID
    _log(session, runtime, row, "webhook_rotated", by)
    return row


def switch(*, session: Session, runtime: Runtime, by: int, webhook_id: int, on: bool) -> Webhook:
    """Switch a webhook on or off. What it could not deliver is sent once it is on. Idempotent.

    Raises:
        DoesNotExist: there is no such webhook on a site that the moderator owns.
    """
    row = owned(session, by, webhook_id)
    if on and row.disabled_at is not None:
        webhook_deliveries.switch_on(session, row, runtime.now())
        _log(session, runtime, row, "webhook_on", by)
    elif not on and row.disabled_at is None:
        webhook_deliveries.switch_off(row, runtime.now(), "")
        _log(session, runtime, row, "webhook_off", by)
    session.flush()
    return row


def remove(*, session: Session, runtime: Runtime, by: int, webhook_id: int) -> None:
    """Delete a webhook with its deliveries.

    Raises:
        DoesNotExist: there is no such webhook on a site that the moderator owns.
    """
    row = owned(session, by, webhook_id)
    _log(session, runtime, row, "webhook_removed", by)
    session.delete(row)
    session.flush()


def send_test(*, session: Session, runtime: Runtime, by: int, webhook_id: int) -> WebhookDelivery:
    """Enqueue a test event.

    Raises:
        DoesNotExist: there is no such webhook on a site that the moderator owns.
        AlreadyDone: the webhook is off.
    """
    row = _require_on(owned(session, by, webhook_id))
    moderator = session.get_one(Moderator, by).name
    return webhook_deliveries.add_one(
        session, row.id, TEST, {"moderator": moderator}, runtime.now()
    )


def redeliver(
    *, session: Session, runtime: Runtime, by: int, webhook_id: int, delivery_id: int
) -> WebhookDelivery:
    """Send a delivery once more, with the same event id and the comment's current data.

    Raises:
        DoesNotExist: there is no such delivery on a site that the moderator owns.
        AlreadyDone: the webhook is off.
    """
    row = _require_on(owned(session, by, webhook_id))
    found = webhook_deliveries.load(session, row.id, delivery_id)
    if found is None:
        raise DoesNotExist("There is no such delivery; they are kept for 14 days.")
    webhook_deliveries.send_again(found, runtime.now())
    session.flush()
    return found


def _log(session: Session, runtime: Runtime, webhook: Webhook, change: str, by: int) -> None:
    """Write an audit entry: which webhook, never its address or token."""
    actor = session.get_one(Moderator, by).name
    about = {"webhook": webhook.name}
    people.add_audit_entry(
        session, None, webhook.site_id, change, about, actor=actor, now=runtime.now()
    )


def _require_on(webhook: Webhook) -> Webhook:
    if webhook.disabled_at is not None:
        raise AlreadyDone("The webhook is off; switch it on first.")
    return webhook


def _fill(row: Webhook, draft: WebhookDraft) -> None:
    row.name, row.url = " ".join(draft.name.split()), draft.url.strip()
    row.events = [one for one in EVENT_TYPES if one in draft.events]
    if draft.authorization is not None:
        row.authorization = _authorization(draft.authorization)


def _authorization(value: str) -> str:
    """Return the value of the header; a bare token becomes a bearer token."""
    value = value.strip()
    return f"Bearer {value}" if value and " " not in value else value


def _problems(runtime: Runtime, draft: WebhookDraft) -> dict[str, list[str]]:
    """Return field → what is wrong with it."""
    problems: dict[str, list[str]] = {}
    if not 0 < len(" ".join(draft.name.split())) <= MAX_NAME:
        problems["name"] = [
            staff_sentence(
                "Give the webhook a name of up to %(number)s characters.", number=MAX_NAME
            )
        ]
    if draft.kind not in WEBHOOK_KINDS:
        problems["kind"] = [
            staff_sentence("Choose one of %(kinds)s.", kinds=", ".join(WEBHOOK_KINDS))
        ]
    if not draft.events or not set(draft.events) <= set(EVENT_TYPES):
        problems["events"] = [staff_sentence("Choose at least one event.")]
    wrong = _url_problem(runtime, draft)
    if wrong:
        problems["url"] = [wrong]
    value = draft.authorization or ""
    if len(value) > MAX_AUTHORIZATION - len("Bearer ") or not value.isprintable():
        problems["authorization"] = [staff_sentence("Paste the token alone, in one line.")]
    elif not value.isascii():
        problems["authorization"] = [staff_sentence("A token has ASCII characters only.")]
    return problems


_NO_URL = staff_sentence("Enter an address such as https://example.org/hook.")


def _url_problem(runtime: Runtime, draft: WebhookDraft) -> str:
    """Return why events cannot be sent to this address, "" if they can."""
    url = draft.url.strip()
    try:
        parts = urlsplit(url)
        valid = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return _NO_URL
    plain = runtime.settings.webhook_private or fetching.ALLOW_LOOPBACK
    if not valid or not url.isprintable() or " " in url or len(url) > MAX_URL:
        return _NO_URL
    if parts.scheme != "https" and not (plain and parts.scheme == "http"):
        return staff_sentence(
            "The address must begin with https://, because comments are sent to it."
        )
    if parts.username or parts.password:
        return staff_sentence(
            "Leave user and password out of the address; enter a token in its own field."
        )
    return _TARGET_PROBLEMS.get(draft.kind, _no_problem)(parts.path, parse_qs(parts.query))


def _no_problem(_path: str, _query: Mapping[str, list[str]]) -> str:
    return ""


def _ntfy_problem(path: str, _query: Mapping[str, list[str]]) -> str:
    topic = path.rstrip("/").rpartition("/")[2]
    return (
        ""
        if topic
        else staff_sentence("The address ends with the topic: https://ntfy.sh/my-topic.")
    )


def _matrix_problem(path: str, _query: Mapping[str, list[str]]) -> str:
    right = "/_matrix/client/" in path and path.rstrip("/").endswith("/send/m.room.message")
    example = "https://matrix.example/_matrix/client/v3/rooms/!room:example/send/m.room.message"
    return "" if right else staff_sentence("The address is %(example)s.", example=example)


def _telegram_problem(path: str, query: Mapping[str, list[str]]) -> str:
    right = path.endswith("/sendMessage") and "chat_id" in query
    example = "https://api.telegram.org/bot123:TOKEN/sendMessage?chat_id=-100123"
    return "" if right else staff_sentence("The address is %(example)s.", example=example)


_TARGET_PROBLEMS = {
    "ntfy": _ntfy_problem,
    "matrix": _matrix_problem,
    "telegram": _telegram_problem,
}

"""Each target gets the request that its service documents, with visitors' texts made harmless."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from standardwebhooks import WebhookVerificationError

from comment_service import fetching
from comment_service.actions.admin import webhooks as actions
from comment_service.actions.admin.webhooks import WebhookDraft
from comment_service.events import EVENT_TYPES, PAYLOADS, SIGNALS
from comment_service.notify import webhook_targets, webhooks
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import WEBHOOK_KINDS, Webhook, WebhookDelivery
from tests.fakes import FakeClock
from tests.notify.receiver import Receiver, receiving
from tests.people import Guest, Moderator

GUIDE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
NASTY = "maybe @everyone <!channel> *b* _i_ [x](http://evil.example) <b>&amp; `c` | > #1"
MATRIX = "/_matrix/client/v3/rooms/!room:x/send/m.room.message"
PATHS = {
    "slack": "/services/T/B/x", "discord": "/api/webhooks/1/x", "ntfy": "/base/my-topic",
    "matrix": MATRIX, "telegram": "/bot1:x/sendMessage?chat_id=-1001", "build": "/hook",
    "webhook": "/hook",
}  # fmt: skip


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(fetching, "ALLOW_LOOPBACK", True)
    with receiving() as found:
        yield found


def make(app: Flask, owner: Moderator, kind: str, url: str, **more: Any) -> int:
    draft = WebhookDraft(
        "One", url, kind, more.pop("events", ["comment.held"]), more.pop("authorization", "")
    )
    with app.app_context(), transaction() as current:
        state = app.extensions["comments"]
        row = actions.create(session=current, runtime=state, by=owner.id, site_id=1, draft=draft)
        return row.id


def deliver(app: Flask) -> int:
    with app.app_context():
        return webhooks.deliver_due(app.extensions["comments"])


def sent(lite: Flask, receiver: Receiver, kind: str, **more: Any) -> tuple[Any, Any]:
    """Deliver a nasty comment to a target; return the request and its JSON body."""
    owner = Moderator(lite)
    make(lite, owner, kind, receiver.url.removesuffix("/hook") + PATHS[kind], **more)
    Guest(lite, "Ada *x* <@1>").say(NASTY)
    assert deliver(lite) == 1
    [one] = receiver.got
    return one, json.loads(one.body)


def test_slack_gets_escaped_blocks(lite: Flask, receiver: Receiver) -> None:
    one, body = sent(lite, receiver, "slack")
    text = body["blocks"][0]["text"]["text"]
    assert one.path == PATHS["slack"]
    assert "Comment needs review: A post" in text
    assert "&lt;!channel&gt;" in text
    assert "<!channel>" not in text
    assert "<@1>" not in text
    assert "*x*" not in text
    assert "|Open>" in text


def test_discord_mentions_nobody(lite: Flask, receiver: Receiver) -> None:
    _one, body = sent(lite, receiver, "discord")
    assert body["allowed_mentions"] == {"parse": []}
    assert r"\@everyone" in body["content"]
    assert r"\[x\]" in body["content"] or "[x]" not in body["content"]
    assert "http://evil" not in body["content"]
    assert len(body["content"]) < 2000


def test_ntfy_gets_the_topic_in_the_body(lite: Flask, receiver: Receiver) -> None:
    one, body = sent(lite, receiver, "ntfy", authorization="tk_secret")
    assert (one.path, body["topic"]) == ("/base/", "my-topic")
    assert one.headers["Authorization"] == "Bearer tk_secret"
    assert body["message"].startswith("Ada *x* <@1>: maybe @everyone")


def test_matrix_repeats_with_the_same_transaction(
    lite: Flask, receiver: Receiver, clock: FakeClock
) -> None:
    receiver.reply = lambda _one: 500 if len(receiver.got) == 1 else 200
    one, body = sent(lite, receiver, "matrix", authorization="Bearer syt_x")
    assert one.method == "PUT"
    assert one.path.startswith(f"{MATRIX}/msg_")
    assert one.headers["Authorization"] == "Bearer syt_x"
    assert "<b>" not in body["formatted_body"]
    assert "&lt;@1&gt;" in body["formatted_body"]
    assert body["m.mentions"] == {}
    clock.forward(seconds=5)
    assert deliver(lite) == 1
    assert receiver.got[1].path == one.path


def test_telegram_gets_the_chat_in_the_body(lite: Flask, receiver: Receiver) -> None:
    one, body = sent(lite, receiver, "telegram")
    assert (one.path, body["chat_id"]) == ("/bot1:x/sendMessage", "-1001")
    assert "&lt;@1&gt;" in body["text"]
    assert body["parse_mode"] == "HTML"


def test_a_build_hook_gets_no_text_of_a_comment(lite: Flask, receiver: Receiver) -> None:
    one, body = sent(lite, receiver, "build")
    assert body == {"type": "comment.held", "id": one.headers["webhook-id"]}


def test_github_gets_a_repository_dispatch(lite: Flask) -> None:
    hook = Webhook(kind="build", url="https://api.github.com/repos/o/r/dispatches")
    hook.authorization = "Bearer ghp_x"
    row = WebhookDelivery(type="comment.published", event_id="msg_1")
    event = {"type": row.type, "data": {"site": {"key": "default", "name": "A blog"}}}
    request = webhook_targets.request_of(hook, row, event)
    assert json.loads(request.body) == {
        "event_type": "comments",
        "client_payload": {"event": "comment.published", "id": "msg_1", "site": "default"},
    }
    headers = webhook_targets.headers_of(hook, request)
    assert headers["Accept"] == "application/vnd.github+json"
    assert headers["Authorization"] == "Bearer ghp_x"
    assert not request.signed


@pytest.mark.parametrize("kind", WEBHOOK_KINDS)
@pytest.mark.parametrize("event", [*EVENT_TYPES, actions.TEST])
def test_every_event_has_a_request_for_every_target(event: str, kind: str) -> None:
    data = {"site": {"key": "default", "name": "A blog"}, "comment": None, "page": None}
    hook = Webhook(kind=kind, url=f"https://a.example{PATHS[kind]}", authorization="")
    row = WebhookDelivery(type=event, event_id="msg_1")
    told = {"type": event, "timestamp": "2026-11-01T12:00:00+00:00", "data": data}
    body = webhook_targets.request_of(hook, row, told).body
    assert json.loads(body)
    if kind in {"slack", "discord", "ntfy", "matrix", "telegram"}:
        assert "A blog" in body


def test_the_guide_lists_every_event_and_its_values() -> None:
    listed = dict(line.split("` | ", 1) for line in GUIDE.splitlines() if line.startswith("| `"))
    for signal, event in zip(PAYLOADS, EVENT_TYPES, strict=True):
        row = listed[f"| `{event}"]
        for name in PAYLOADS[signal].__annotations__:
            assert f"`{name}`" in row, (event, name)
    assert [signal.name for signal in SIGNALS] == list(PAYLOADS)


def test_the_code_of_the_guide_verifies_a_delivery(
    lite: Flask, receiver: Receiver, clock: FakeClock
) -> None:
    clock.now = datetime.now(UTC)
    one, body = sent(lite, receiver, "webhook")
    code = GUIDE.split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(compile(code, "docs/webhooks.md", "exec"), names)  # noqa: S102
    with lite.app_context():
        row = session().get_one(Webhook, 1)
        secret = actions.secret(lite.extensions["comments"], row)
    assert names["receive"](one.body.encode(), one.headers, secret) == body
    with pytest.raises(WebhookVerificationError):
        names["receive"](one.body.encode() + b" ", one.headers, secret)


def test_the_example_of_the_guide_has_the_names_of_a_delivery(
    lite: Flask, receiver: Receiver
) -> None:
    _one, body = sent(lite, receiver, "webhook")
    example = json.loads(GUIDE.split("```json\n")[1].split("```")[0])

    def names(value: Any) -> Any:
        return {k: names(v) for k, v in value.items()} if isinstance(value, dict) else None

    assert names(example) == names(body)

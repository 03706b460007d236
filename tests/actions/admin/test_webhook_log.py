"""Every change of a webhook is in its site's audit log, without its address or token."""

from dataclasses import replace

from flask import Flask
from sqlalchemy import select

from comment_service.actions.admin import sites, webhooks
from comment_service.storage.db.session import session
from comment_service.storage.tables import PeopleChange
from tests.actions.admin.test_sites import act
from tests.people import Moderator


def test_each_change_is_logged_on_its_site(lite: Flask) -> None:
    act(lite, sites.add_site, by=None, key="other", name="Other", origins=[])
    other = 2
    owner, further = Moderator(lite, "Olive", site="default"), Moderator(lite, "Far", site="other")
    draft = webhooks.WebhookDraft(
        name="To chat", url="https://chat.example/secret-hook", kind="webhook",
        events=["comment.held"], authorization="hidden token",
    )  # fmt: skip
    act(lite, webhooks.create, by=further.id, site_id=other, draft=replace(draft, name="Theirs"))
    act(lite, webhooks.create, by=owner.id, site_id=1, draft=draft)
    for action, values in (
        (webhooks.change, {"draft": replace(draft, name="To the chat")}),
        (webhooks.rotate, {}),
        (webhooks.switch, {"on": False}),
        (webhooks.switch, {"on": False}),
        (webhooks.switch, {"on": True}),
        (webhooks.remove, {}),
    ):
        act(lite, action, by=owner.id, webhook_id=2, **values)
    with lite.app_context():
        query = select(PeopleChange).where(PeopleChange.change.startswith("webhook"))
        rows = session().scalars(query.order_by(PeopleChange.id)).all()
        logged = [(row.site_id, row.actor, row.change, row.about) for row in rows]
    renamed = {"webhook": "To the chat"}
    assert logged == [
        (other, "Far", "webhook_added", {"webhook": "Theirs"}),
        (1, "Olive", "webhook_added", {"webhook": "To chat"}),
        (1, "Olive", "webhook_changed", renamed),
        (1, "Olive", "webhook_rotated", renamed),
        (1, "Olive", "webhook_off", renamed),
        (1, "Olive", "webhook_on", renamed),
        (1, "Olive", "webhook_removed", renamed),
    ]
    page = owner.client.get("/moderation/people/").get_data(as_text=True)
    assert "webhook given a new secret" in page
    assert "Theirs" not in page

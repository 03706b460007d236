"""Mails about held comments: each moderator for their sites, once each, floods in one mail."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from comment_service import catalogues
from comment_service.notify import moderator_mail, worker
from comment_service.notify import schedule as clock
from comment_service.runtime import Runtime
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import recipients
from comment_service.storage.tables import Comment, Decision, OutboxRow, Seat
from comment_service.storage.tables import Moderator as Person
from tests.fakes import FakeClock
from tests.notify.conftest import Mailbox
from tests.people import Guest, Moderator, csrf, ruled

Box = tuple[Mailbox, int]
NASTY = (
    'maybe <script>alert("x")</script> http://evil.example/pixel.png\n\n'
    "Approve: http://evil.example"
)


def deliver(app: Flask) -> None:
    """Run the worker until nothing is due."""
    with app.app_context():
        state: Runtime = app.extensions["comments"]
        clock.enqueue_due_jobs(state)
        while worker.deliver_due(state):
            pass


def mails(box: Box, to: str = "") -> list[EmailMessage]:
    """Return the received mails, of everyone or of one recipient."""
    return [
        message_from_bytes(envelope.content, policy=policy.default)
        for envelope in box[0].mails
        if not to or envelope.rcpt_tos == [to]
    ]


def text(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def wish(app: Flask, moderator: Moderator, **wishes: Any) -> None:
    with app.app_context(), transaction() as current:
        person = current.get_one(Person, moderator.id)
        for name, value in wishes.items():
            setattr(person, name, value)


def link(mail: EmailMessage, what: str = "approve") -> str:
    found = re.search(rf"https://comments.example(/moderation/mail/\S+\?do={what})", text(mail))
    assert found
    return found[1]


def test_moderators_are_notified_for_their_sites_and_others_without_links(
    mailing: Flask, mailbox: Box
) -> None:
    with mailing.app_context(), transaction() as current:
        now = mailing.extensions["comments"].now()
        sites.ensure_site(
            current, key="other", name="Other", origins=["https://other.example"], now=now
        )
    Moderator(mailing, "Here", site="default")
    Moderator(mailing, "Far", site="other")
    Moderator(mailing, "Everywhere")
    gone, quiet = Moderator(mailing, "Gone"), Moderator(mailing, "Quiet")
    wish(mailing, gone, left_at=mailing.extensions["comments"].now())
    wish(mailing, quiet, held_mail="none")
    Guest(mailing).say("maybe")
    deliver(mailing)
    told = sorted(envelope.rcpt_tos[0] for envelope in mailbox[0].mails)
    assert told == ["everywhere@blog.example", "here@blog.example", "owner@blog.example"]
    [mine], [others] = (mails(mailbox, f"{who}@blog.example") for who in ("here", "owner"))
    assert "/moderation/mail/" in text(mine)
    assert mine["List-Unsubscribe"] == "<https://comments.example/moderation/me/>"
    assert mine["Auto-Submitted"] == "auto-generated"
    assert mine["Message-ID"]
    assert mine["Date"]
    assert "/moderation/mail/" not in text(others)
    assert others["List-Unsubscribe"] is None


@pytest.mark.parametrize("change", ["", "left", "quiet", "seat"])
def test_mail_under_way_is_not_sent_to_someone_who_may_no_longer_read_it(
    mailing: Flask, mailbox: Box, clock: FakeClock, change: str
) -> None:
    moderator = Moderator(mailing, site="default")
    comment = Guest(mailing).say("maybe the secret").get_json()["id"]
    if change == "left":
        wish(mailing, moderator, left_at=clock.now)
    elif change == "quiet":
        wish(mailing, moderator, held_mail="none")
    elif change == "seat":
        with mailing.app_context(), transaction() as current:
            for seat in current.scalars(select(Seat)):
                current.delete(seat)
    with mailing.app_context():
        payload = {"comment_id": comment, "moderator_id": moderator.id, "row_id": 1}
        moderator_mail.deliver_to_one(mailing.extensions["comments"], payload)
    assert len(mails(mailbox, "mod@blog.example")) == (0 if change else 1)


def test_address_of_a_moderator_is_notified_once(mailing: Flask, mailbox: Box) -> None:
    Moderator(mailing, "Owner")
    Guest(mailing).say("maybe")
    deliver(mailing)
    assert [envelope.rcpt_tos for envelope in mailbox[0].mails] == [["owner@blog.example"]]


@pytest.mark.parametrize(
    ("site", "wishes", "told"),
    [
        ("other", {}, True),
        ("default", {"held_mail": "none"}, True),
        ("default", {"held_mail": "digest"}, False),
        ("", {"held_mail": "none"}, False),
        ("", {"left_at": FakeClock().now}, True),
    ],
)
def test_settings_for_other_sites_do_not_silence_an_address(
    app: Flask, site: str, wishes: dict[str, Any], told: bool
) -> None:
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        sites.ensure_site(
            current, key="other", name="Other", origins=["https://other.example"], now=now
        )
    wish(app, Moderator(app, "Owner", site=site), **wishes)
    with app.app_context():
        found = recipients.unclaimed_addresses(session(), 1, ["OWNER@blog.example", "a@b.example"])
    assert found == (["OWNER@blog.example"] if told else []) + ["a@b.example"]


def test_visitor_input_never_becomes_a_link_image_or_header(mailing: Flask, mailbox: Box) -> None:
    Moderator(mailing, "Mod")
    Guest(mailing, '<b>"Eve"</b>').say(NASTY, title="<i>T</i>")
    deliver(mailing)
    [mail] = mails(mailbox, "mod@blog.example")
    html = text(mail, "html")
    assert "<script" not in html
    assert "<b>" not in html
    assert "<img" not in html
    assert set(re.findall(r'href="(https?://[^/"]+)', html)) == {"https://comments.example"}
    assert re.search(r"^> maybe .*evil.example", text(mail), re.MULTILINE), "words are quoted"
    assert not re.search(r"^Approve: http://evil", text(mail), re.MULTILINE)
    assert "evil" not in "".join(f"{k}{v}" for k, v in mail.items())


def test_a_mail_is_in_the_language_of_the_installation(
    mailing: Flask, mailbox: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reasons too, which are stored in English; the HTML names its language and direction."""
    real = catalogues.told
    monkeypatch.setattr(catalogues, "staff_language", lambda _code: "ar")
    monkeypatch.setattr(catalogues, "told", lambda code, said: f"{code}: {real('en', said)}")
    Moderator(mailing)
    Guest(mailing).say("maybe")
    deliver(mailing)
    mail = mails(mailbox)[0]
    assert '<html lang="ar" dir="rtl">' in text(mail, "html")
    assert "ar: First comment by this author" in text(mail)
    assert "ar: First comment by this author" in text(mail, "html")


def test_opening_links_changes_nothing(mailing: Flask, mailbox: Box) -> None:
    moderator = Moderator(mailing)
    comment = Guest(mailing).say("maybe so").get_json()["id"]
    deliver(mailing)
    [mail] = mails(mailbox, "mod@blog.example")
    anyone = mailing.test_client()
    for what in ("approve", "spam"):
        for _ in range(3):
            page = anyone.get(link(mail, what))
            assert page.status_code == 200
            first = re.search(r'name="decision" value="(\w+)"', page.get_data(as_text=True))
            assert first and first[1] == what
            assert "no-store" in page.headers["Cache-Control"]
        anyone.head(link(mail, what))
    with mailing.app_context():
        assert session().get_one(Comment, comment).status == "pending"
        assert session().scalar(select(func.count()).select_from(Decision)) == 0
    page = anyone.get(link(mail))
    done = anyone.post(link(mail), data={"csrf_token": csrf(page), "decision": "spam"})
    assert "Marked as spam." in done.get_data(as_text=True)
    with mailing.app_context():
        [decision] = session().scalars(select(Decision))
        assert (decision.moderator_id, decision.decision) == (moderator.id, "spam")
    again = anyone.post(link(mail), data={"csrf_token": csrf(page), "decision": "approve"})
    assert again.status_code == 410
    assert "/moderation/" in again.get_data(as_text=True)
    assert anyone.get(link(mail)).status_code == 410
    with mailing.app_context():
        assert session().get_one(Comment, comment).status == "spam"


def test_decision_requires_the_form_token(mailing: Flask, mailbox: Box) -> None:
    Moderator(mailing)
    Guest(mailing).say("maybe")
    deliver(mailing)
    path = link(mails(mailbox, "mod@blog.example")[0])
    assert mailing.test_client().post(path, data={"decision": "spam"}).status_code == 400


def test_decision_page_shows_an_earlier_decision(mailing: Flask, mailbox: Box) -> None:
    Moderator(mailing)
    comment = Guest(mailing).say("maybe").get_json()["id"]
    deliver(mailing)
    Moderator(mailing, "Bea").decide(comment, "spam")
    page = mailing.test_client().get(link(mails(mailbox, "mod@blog.example")[0]))
    assert "It no longer waits" in page.get_data(as_text=True)
    assert "Decided by Bea" in page.get_data(as_text=True)


@pytest.mark.parametrize("change", ["week", "left", "seat"])
def test_decision_link_expires(mailing: Flask, mailbox: Box, clock: FakeClock, change: str) -> None:
    moderator = Moderator(mailing, site="default")
    Guest(mailing).say("maybe the secret")
    deliver(mailing)
    path = link(mails(mailbox, "mod@blog.example")[0])
    if change == "week":
        clock.forward(days=7, seconds=1)
    elif change == "left":
        wish(mailing, moderator, left_at=clock.now)
    else:
        with mailing.app_context(), transaction() as current:
            for seat in current.scalars(select(Seat)):
                current.delete(seat)
    answer = mailing.test_client().get(path)
    assert answer.status_code == (404 if change == "seat" else 410)
    assert "secret" not in answer.get_data(as_text=True)


def test_many_held_comments_come_in_one_mail(
    mailing: Flask, mailbox: Box, clock: FakeClock
) -> None:
    Moderator(mailing)
    for n in range(moderator_mail.MAX_MAILS_PER_HOUR + 5):
        Guest(mailing).say(f"maybe {n}")
    deliver(mailing)
    assert len(mails(mailbox, "mod@blog.example")) == moderator_mail.MAX_MAILS_PER_HOUR
    clock.forward(hours=1, seconds=1)
    deliver(mailing)
    found = mails(mailbox, "mod@blog.example")
    assert len(found) == moderator_mail.MAX_MAILS_PER_HOUR + 1
    assert "15" in found[-1]["Subject"]
    assert "maybe 14" in text(found[-1])
    Guest(mailing).say("maybe again")
    deliver(mailing)
    assert len(mails(mailbox, "mod@blog.example")) == moderator_mail.MAX_MAILS_PER_HOUR + 2


def test_digest_is_daily_and_never_empty(mailing: Flask, mailbox: Box, clock: FakeClock) -> None:
    wish(mailing, Moderator(mailing), held_mail="digest", weekly_mail=False)
    deliver(mailing)
    assert mails(mailbox) == []
    for n in range(moderator_mail.DIGEST_COMMENTS + 3):
        Guest(mailing).say(f"maybe number {n} <b>")
    deliver(mailing)
    deliver(mailing)
    clock.forward(hours=23)
    deliver(mailing)
    [mail] = mails(mailbox, "mod@blog.example")
    assert "23" in mail["Subject"]
    assert text(mail).count("maybe number") == moderator_mail.DIGEST_COMMENTS
    assert "70% spam" in text(mail)
    assert "https://comments.example/moderation/comments/23" in text(mail)
    assert "&lt;b&gt;" in text(mail, "html")
    clock.forward(hours=2)
    deliver(mailing)
    assert len(mails(mailbox, "mod@blog.example")) == 2


def test_refused_address_does_not_block_others(
    mailing: Flask, mailbox: Box, clock: FakeClock
) -> None:
    Moderator(mailing)
    mailbox[0].refusals = ["451 not now"]
    Guest(mailing).say("maybe")
    deliver(mailing)
    assert len(mails(mailbox)) == 1
    clock.forward(minutes=2)
    deliver(mailing)
    assert len(mails(mailbox)) == 2
    with mailing.app_context():
        assert session().scalars(select(OutboxRow).where(OutboxRow.done_at.is_(None))).all() == []


def test_reports_notify_moderators(mailing: Flask, mailbox: Box) -> None:
    Moderator(mailing)
    comment = Guest(mailing).say("an opinion").get_json()["id"]
    for _ in range(6):
        Guest(mailing).report(comment, kind="abuse")
    deliver(mailing)
    [mail] = mails(mailbox, "mod@blog.example")
    assert "6 readers reported it: abuse ×6" in text(mail)


def test_mail_is_sent_outside_the_transaction(
    mailing: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish(mailing, Moderator(mailing, "Daily"), held_mail="digest")
    Guest(mailing).say("maybe")
    opened: list[bool] = []

    def send(_settings: object, _message: EmailMessage) -> None:
        opened.append(session().in_transaction())

    monkeypatch.setattr("comment_service.notify.mail.send", send)
    deliver(mailing)
    assert opened
    assert not any(opened)


def test_flood_mail_goes_to_each_moderator_who_wants_mails(mailing: Flask, mailbox: Box) -> None:
    wish(mailing, Moderator(mailing, "Daily"), held_mail="digest", weekly_mail=False)
    wish(mailing, Moderator(mailing, "Never"), held_mail="none", weekly_mail=False)
    ruled(mailing, burst_comments=3)
    for n in range(5):
        Guest(mailing, f"N{n}").say(f"fine words, number {n}")
    deliver(mailing)
    found = [mail for mail in mails(mailbox) if "flood" in str(mail["Subject"]).lower()]
    to = sorted(str(mail["To"]) for mail in found)
    assert to == ["daily@blog.example", "owner@blog.example"]
    assert "3 comments came in" in text(found[0])
    assert "/moderation/pending?flood=1" in text(found[0])
    deliver(mailing)
    assert len([m for m in mails(mailbox) if "flood" in str(m["Subject"]).lower()]) == 2


def test_plain_address_gets_at_most_ten_mails_an_hour(
    mailing: Flask, mailbox: Box, clock: FakeClock
) -> None:
    for n in range(moderator_mail.MAX_MAILS_PER_HOUR + 5):
        Guest(mailing).say(f"maybe {n}")
    deliver(mailing)
    assert len(mails(mailbox, "owner@blog.example")) == moderator_mail.MAX_MAILS_PER_HOUR
    clock.forward(hours=1, seconds=1)
    Guest(mailing).say("maybe later")
    deliver(mailing)
    assert len(mails(mailbox, "owner@blog.example")) == moderator_mail.MAX_MAILS_PER_HOUR + 1

"""Mails to readers: double opt-in, one notification per comment, digests, unsubscribing."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from linkify_it import LinkifyIt
from sqlalchemy import func, select

from comment_service.actions.comments import request_subscription
from comment_service.actions.readers import subscription_link
from comment_service.notify import reader_mail, worker
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers import subscriptions
from comment_service.storage.tables import Author, Comment, OutboxRow, Page, Subscription
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.notify.conftest import Mailbox
from tests.people import PAGE, Guest, Moderator, csrf

Box = tuple[Mailbox, int]
ADA, BEA = "Ada@readers.example", "bea@readers.example"
URL = r"https://comments.example(/subscriptions/{}/[\w.-]+)"


def deliver(app: Flask) -> None:
    """Run the worker until nothing is due."""
    with app.app_context():
        while worker.deliver_due(app.extensions["comments"]):
            pass


def mails(box: Box, to: str) -> list[EmailMessage]:
    return [
        message_from_bytes(envelope.content, policy=policy.default)
        for envelope in box[0].mails
        if envelope.rcpt_tos == [to]
    ]


def text(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def link(mail: EmailMessage, purpose: str) -> str:
    found = re.search(URL.format(purpose), text(mail))
    assert found, text(mail)
    return found[1]


def rows(app: Flask) -> list[Subscription]:
    with app.app_context():
        return list(session().scalars(select(Subscription).order_by(Subscription.id)))


def row(app: Flask) -> Subscription:
    [found] = rows(app)
    return found


def prove(app: Flask, comment: int, email: str) -> None:
    """Mark a comment's author as the verified owner of an address."""
    with app.app_context(), transaction() as current:
        author = current.get_one(Comment, comment).author
        author.proven_email = email.lower()


def signed(app: Flask, box: Box, email: str = ADA, name: str = "Ada", **more: Any) -> Guest:
    """Return a reader who commented, subscribed and confirmed; the mailbox is empty."""
    guest = Guest(app, name)
    assert guest.say(f"{name} begins", email=email, notify="page", **more).status_code == 201
    deliver(app)
    app.test_client().post(link(mails(box, email)[-1], "confirm"))
    box[0].mails.clear()
    return guest


def subscribing(app: Flask, client: FlaskClient | None = None, **fields: str) -> Any:
    """Submit the subscription form of a page without commenting."""
    client = client or app.test_client()
    place = {"site": "default", "url": PAGE}
    page = client.get("/subscribe", query_string=place).get_data(as_text=True)
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    sent = {**place, "token": token[1], "email": BEA, "pace": "each", **fields}
    return client.post("/subscriptions", data=sent)


# ---- double opt-in ----


def test_only_the_confirmation_mail_is_sent_before_confirmation(
    mailing: Flask, mailbox: Box
) -> None:
    answer = Guest(mailing).say("hello", email="Ada@Readers.example", notify="page")
    assert "an e-mail asks you to" in answer.get_json()["message"]
    Guest(mailing, "Bea").say("an answer")
    deliver(mailing)
    [mail] = mails(mailbox, ADA)
    assert "Please confirm" in mail["Subject"]
    path = link(mail, "confirm")
    anyone = mailing.test_client()
    for _ in range(3):
        page = anyone.get(path)
        assert page.status_code == 200
        anyone.head(path)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]
    assert row(mailing).confirmed_at is None, "a scanner that opens links confirms nothing"
    done = anyone.post(path)
    assert "Confirmed" in done.get_data(as_text=True)
    assert anyone.post(path).status_code == 200
    assert row(mailing).confirmed_at is not None
    mailbox[0].mails.clear()
    Guest(mailing, "Cleo").say("another <b>answer</b>")
    deliver(mailing)
    [mail] = mails(mailbox, ADA)
    assert mail["Subject"] == "Cleo commented on A post"
    assert "Cleo wrote:" in text(mail)


def test_no_address_is_in_any_link(mailing: Flask, mailbox: Box) -> None:
    Guest(mailing).say("hello", email=ADA, notify="page")
    deliver(mailing)
    [mail] = mails(mailbox, ADA)
    assert "readers.example" not in text(mail).lower() + text(mail, "html").lower()


def test_confirmation_mail_waits_for_publication(mailing: Flask, mailbox: Box) -> None:
    guest = Guest(mailing)
    held = guest.say("maybe", email=ADA, notify="replies").get_json()["id"]
    Guest(mailing, "Eve").say("casino", email="victim@victims.example", notify="page")
    deliver(mailing)
    assert mails(mailbox, ADA) == []
    Moderator(mailing).decide(held, "approve")
    deliver(mailing)
    [mail] = mails(mailbox, ADA)
    assert "Please confirm" in mail["Subject"]
    assert mails(mailbox, "victim@victims.example") == []


def test_publication_confirms_only_its_own_subscription(mailing: Flask, mailbox: Box) -> None:
    eve = Guest(mailing, "Eve")
    first = eve.say("maybe one", email=ADA, notify="page").get_json()["id"]
    eve.say("casino two", email="victim@victims.example", notify="page")
    Moderator(mailing).decide(first, "approve")
    deliver(mailing)
    assert len(mails(mailbox, ADA)) == 1
    assert mails(mailbox, "victim@victims.example") == []


def test_verified_address_needs_no_confirmation(mailing: Flask, mailbox: Box) -> None:
    ada = Guest(mailing)
    first = ada.say("hello").get_json()["id"]
    prove(mailing, first, ADA)
    ada.say("again", email=ADA, notify="page")
    ada.say("with another address", email=BEA, notify="page")
    deliver(mailing)
    assert mails(mailbox, ADA) == []
    assert len(mails(mailbox, BEA)) == 1
    assert [bool(found.confirmed_at) for found in rows(mailing)] == [True, False]


def test_subscription_without_address_is_a_field_error(mailing: Flask) -> None:
    for email in ("", "a,b@readers.example", '"a b"@readers.example', "a@b@readers.example"):
        answer = Guest(mailing).say("kept", email=email, notify="page")
        assert answer.status_code == 422
        assert "email" in answer.get_json()["error"]["fields"]
    assert Guest(mailing).say("kept", email=ADA, notify="everything").status_code == 422


def test_html_form_keeps_the_choice(mailing: Flask) -> None:
    guest = Guest(mailing)
    page = mailing.test_client().post("/comments", data=guest.fields("words", notify="replies"))
    html = page.get_data(as_text=True)
    assert '<option value="replies" selected>' in html
    assert "To be notified" in html
    done = mailing.test_client().post(
        "/comments", data=guest.fields("words", notify="replies", email=ADA), follow_redirects=True
    )
    assert "an e-mail asks you to" in done.get_data(as_text=True)


@pytest.mark.parametrize("missing", ["SMTP_URL", "PUBLIC_URL"])
def test_subscription_is_offered_only_if_mail_works(
    make_app: MakeApp, sqlite_url: str, missing: str
) -> None:
    keys = {"SMTP_URL": "smtp://127.0.0.1:1", "PUBLIC_URL": "https://comments.example"}
    keys |= {"MAIL_FROM": "comments@blog.example"}
    whole = make_app(sqlite_url, **keys)
    assert 'name="notify"' in Guest(whole).thread()
    assert "/subscribe?" in Guest(whole).thread()
    less = make_app(sqlite_url, **{**keys, missing: ""})
    assert 'name="notify"' not in Guest(less).thread()
    assert "/subscribe?" not in Guest(less).thread()
    place = {"site": "default", "url": PAGE}
    assert less.test_client().get("/subscribe", query_string=place).status_code == 404
    assert Guest(less).say("words", notify="page").status_code == 201
    assert rows(less) == []


def test_account_response_says_if_an_address_is_known(mailing: Flask) -> None:
    guest = Guest(mailing)
    guest.say("words")
    assert guest.get("/me").get_json()["mailable"] is False
    guest.say("more words", email=ADA)
    assert guest.get("/me").get_json()["mailable"] is True


# ---- subscribing without a comment ----


def test_subscribing_without_a_comment(mailing: Flask, mailbox: Box) -> None:
    answer = subscribing(mailing, pace="daily")
    assert answer.status_code == 303
    thanks = mailing.test_client().get(answer.headers["Location"]).get_data(as_text=True)
    assert "an e-mail asks you to" in thanks
    assert "readers" not in answer.headers["Location"]
    deliver(mailing)
    mailing.test_client().post(link(mails(mailbox, BEA)[0], "confirm"))
    found = row(mailing)
    assert (found.kind, found.pace, bool(found.confirmed_at)) == ("page", "daily", True)


def test_response_does_not_reveal_known_addresses(mailing: Flask, mailbox: Box) -> None:
    said = {subscribing(mailing).headers["Location"]}
    said.add(subscribing(mailing).headers["Location"])
    deliver(mailing)
    assert len(mails(mailbox, BEA)) == 1, "asked again at once, nothing is sent"
    mailing.test_client().post(link(mails(mailbox, BEA)[0], "confirm"))
    said.add(subscribing(mailing).headers["Location"])
    deliver(mailing)
    assert len(mails(mailbox, BEA)) == 1, "what is confirmed is not asked again"
    for n in range(request_subscription.ADDRESS_HOURLY + 1):
        said.add(subscribing(mailing, url=PAGE, email=f"x{n}@y.example").headers["Location"])
    assert len(said) == 1


def test_refused_form_keeps_the_input(mailing: Flask) -> None:
    answer = subscribing(mailing, email='not"an@address', pace="daily")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="not&#34;an@address"' in html
    assert '<option value="daily" selected>' in html
    assert 'aria-invalid="true"' in html
    stale = subscribing(mailing, token="foreign")
    assert stale.status_code == 422
    assert f'value="{BEA}"' in stale.get_data(as_text=True)
    other = mailing.test_client().post(
        "/subscriptions", data={}, headers={"Origin": "https://evil.example"}
    )
    assert other.status_code == 404, "no site is named"


def test_filled_honeypot_is_silently_ignored(mailing: Flask) -> None:
    assert subscribing(mailing, subject="buy").status_code == 303
    assert rows(mailing) == []


# ---- rate limits ----


def test_confirmation_mails_per_address_are_limited(
    mailing: Flask, mailbox: Box, clock: FakeClock
) -> None:
    asked = []
    for hour in range(4):
        for n in range(request_subscription.ADDRESS_HOURLY + 2):
            url = f"{PAGE}/{hour}/{n}"
            Guest(mailing).say(f"words {hour} {n}", email=ADA, notify="page", url=url)
        deliver(mailing)
        asked.append(len(mails(mailbox, ADA)))
        clock.forward(hours=1, seconds=1)
    assert asked == [3, 6, 6, 6]
    for day in range(4):
        clock.forward(days=1)
        for n in range(3):
            url = f"{PAGE}/day/{day}/{n}"
            Guest(mailing).say(f"day {day} {n}", email=ADA, notify="page", url=url)
    deliver(mailing)
    assert (
        len(mails(mailbox, ADA))
        <= request_subscription.UNANSWERED + request_subscription.ADDRESS_HOURLY
    )


def test_confirmation_mails_per_network_and_installation_are_limited(
    mailing: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def owed() -> int:
        with mailing.app_context():
            query = select(func.count()).where(OutboxRow.kind == request_subscription.CONFIRM_MAIL)
            return session().scalar(query) or 0

    one = Guest(mailing, network="198.18.0.9").network
    for n in range(request_subscription.NETWORK_HOURLY + 3):
        guest = Guest(mailing, network=one)
        guest.say(f"w {n}", email=f"a{n}@readers.example", notify="page", url=f"{PAGE}/{n % 4}")
    assert owed() == request_subscription.NETWORK_HOURLY
    monkeypatch.setattr(request_subscription, "INSTALLATION_HOURLY", owed() + 2)
    for n in range(4):
        Guest(mailing).say(f"x {n}", email=f"b{n}@readers.example", notify="page")
    assert owed() == request_subscription.INSTALLATION_HOURLY


def test_unconfirmed_and_ended_subscriptions_are_deleted(
    mailing: Flask, mailbox: Box, clock: FakeClock
) -> None:
    signed(mailing, mailbox)
    subscribing(mailing)
    clock.forward(days=31)
    with mailing.app_context():
        worker.sweep(mailing.extensions["comments"])
    assert [found.address for found in rows(mailing)] == [ADA.lower()]
    Guest(mailing, "Cleo").say("told")
    deliver(mailing)
    path = link(mails(mailbox, ADA)[0], "unsubscribe")
    mailing.test_client().post(path)
    clock.forward(days=31)
    with mailing.app_context():
        worker.sweep(mailing.extensions["comments"])
    assert rows(mailing) == []
    gone = mailing.test_client().get(path)
    assert gone.status_code == 410
    assert mailing.test_client().post(path).status_code == 200, "no more mails: that is true"


# ---- notifications ----


def test_each_comment_is_notified_once_and_never_to_its_author(
    mailing: Flask, mailbox: Box, clock: FakeClock
) -> None:
    ada = signed(mailing, mailbox)
    bea = signed(mailing, mailbox, email=BEA, name="Bea")
    clock.forward(hours=1)
    bea.say("from Bea")
    ada.say("from Ada")
    Guest(mailing, "Ada elsewhere").say("the same address", email=ADA.upper())
    deliver(mailing)
    deliver(mailing)
    [to_ada], [to_bea] = mails(mailbox, ADA), mails(mailbox, BEA)
    assert "from Bea" in text(to_ada)
    assert "from Ada" not in text(to_ada)
    assert "2 new comments" in to_bea["Subject"]
    assert "from Bea" not in text(to_bea)


def test_approved_comment_is_notified_once_despite_later_changes(
    mailing: Flask, mailbox: Box, clock: FakeClock
) -> None:
    signed(mailing, mailbox)
    clock.forward(hours=1)
    held = Guest(mailing, "Bea").say("maybe this").get_json()["id"]
    deliver(mailing)
    assert mails(mailbox, ADA) == []
    moderator = Moderator(mailing)
    moderator.decide(held, "approve")
    deliver(mailing)
    assert len(mails(mailbox, ADA)) == 1
    clock.forward(hours=1)
    moderator.decide(held, "reject")
    moderator.decide(held, "approve")
    deliver(mailing)
    clock.forward(hours=1)
    deliver(mailing)
    assert len(mails(mailbox, ADA)) == 1


def test_unpublished_comment_is_notified_after_republication(mailing: Flask, mailbox: Box) -> None:
    signed(mailing, mailbox)
    comment = Guest(mailing, "Bea").say("this").get_json()["id"]
    moderator = Moderator(mailing)
    moderator.decide(comment, "spam")
    deliver(mailing)
    assert mails(mailbox, ADA) == []
    moderator.post("/moderation/decisions/1/undo")
    deliver(mailing)
    assert len(mails(mailbox, ADA)) == 1


def test_replies_notify_all_ancestors(mailing: Flask, mailbox: Box, clock: FakeClock) -> None:
    ada = Guest(mailing)
    root = ada.say("the question", email=ADA, notify="replies").get_json()["id"]
    deliver(mailing)
    mailing.test_client().post(link(mails(mailbox, ADA)[0], "confirm"))
    mailbox[0].mails.clear()
    clock.forward(hours=1)
    Guest(mailing, "Bea").say("elsewhere on the page")
    first = Guest(mailing, "Bea").say("an answer", parent=root).get_json()["id"]
    Guest(mailing, "Cleo").say("an answer to the answer", parent=first)
    deliver(mailing)
    [mail] = mails(mailbox, ADA)
    assert mail["Subject"] == "2 new replies to you on A post"
    assert "an answer to the answer" in text(mail)
    assert "elsewhere" not in text(mail)


def test_subscriber_to_all_comments_gets_a_reply_once(
    mailing: Flask, mailbox: Box, clock: FakeClock
) -> None:
    ada = signed(mailing, mailbox)
    root = ada.say("the question", email=ADA, notify="replies").get_json()["id"]
    deliver(mailing)
    mailing.test_client().post(link(mails(mailbox, ADA)[-1], "confirm"))
    mailbox[0].mails.clear()
    clock.forward(hours=1)
    Guest(mailing, "Bea").say("an answer", parent=root)
    deliver(mailing)
    assert len(mails(mailbox, ADA)) == 1


def test_many_comments_come_in_one_mail(mailing: Flask, mailbox: Box, clock: FakeClock) -> None:
    signed(mailing, mailbox)
    clock.forward(hours=1)
    Guest(mailing, "Bea").say("number 0")
    deliver(mailing)
    for n in range(1, 26):
        Guest(mailing, f"B{n}").say(f"number {n} ")
        deliver(mailing)
    assert len(mails(mailbox, ADA)) == 1
    clock.forward(minutes=10, seconds=1)
    deliver(mailing)
    [_first, mail] = mails(mailbox, ADA)
    assert "25 new comments" in mail["Subject"]
    assert text(mail).count("> number") == reader_mail.MAX_SHOWN
    assert "and 5 more" in text(mail)


def test_daily_digest(mailing: Flask, mailbox: Box, clock: FakeClock) -> None:
    signed(mailing, mailbox)
    with mailing.app_context(), transaction() as current:
        current.scalars(select(Subscription)).one().pace = "daily"
    for day in range(3):
        for n in range(3):
            clock.forward(hours=7)
            Guest(mailing, f"B{day}{n}").say(f"day {day} number {n}")
            deliver(mailing)
        assert len(mails(mailbox, ADA)) == day
        clock.forward(hours=3, seconds=1)
        deliver(mailing)
        mail = mails(mailbox, ADA)[-1]
        assert "3 new comments" in mail["Subject"]
        assert f"day {day} number 2" in text(mail)


def test_author_is_notified_of_approval_once_at_a_verified_address(
    mailing: Flask, mailbox: Box
) -> None:
    ada, bea = Guest(mailing), Guest(mailing, "Bea")
    held = ada.say("maybe mine", email=ADA).get_json()["id"]
    others = bea.say("maybe hers", email=BEA).get_json()["id"]
    ada.say("public at once", email=ADA)
    prove(mailing, held, ADA)
    moderator = Moderator(mailing)
    for comment in (held, others, held):
        moderator.decide(comment, "approve")
    deliver(mailing)
    moderator.decide(held, "spam")
    moderator.decide(held, "approve")
    deliver(mailing)
    [mail] = mails(mailbox, ADA)
    assert mail["Subject"] == "Your comment on A post is published"
    assert "> maybe mine" in text(mail)
    assert mails(mailbox, BEA) == []


# ---- content of mails ----


def test_visitor_input_never_becomes_a_link_image_or_header(
    mailing: Flask, mailbox: Box, clock: FakeClock
) -> None:
    signed(mailing, mailbox, title="see www.evil.example")
    clock.forward(hours=1)
    nasty = "look http://evil.example/x and www.evil.com or evil.net/a me@evil.org <img src=x>"
    Guest(mailing, "evil.com\r\nBcc: x@evil.example").say(f"{nasty} ![i](http://evil.example/p)")
    held = Guest(mailing, "Vi").say(f"maybe {nasty}", email=BEA).get_json()["id"]
    prove(mailing, held, BEA)
    Moderator(mailing).decide(held, "approve")
    deliver(mailing)
    for mail in (*mails(mailbox, ADA), *mails(mailbox, BEA)):
        html = text(mail, "html")
        assert set(re.findall(r'href="(https?://[^/"]+)', html)) == {"https://comments.example"}
        assert "<img" not in html
        seen = re.sub(r"<[^>]+>", " ", html)
        assert "evil" in seen
        assert not LinkifyIt().match(seen), "no program finds an address to make a link of"
        assert not LinkifyIt().match(mail["Subject"])
        assert "evil" not in "".join(f"{k}{v}" for k, v in mail.items() if k != "Subject")
        assert "format-detection" in html


@pytest.mark.parametrize(
    ("name", "title", "subject"),
    [
        ("Bea", "Tea\r\nBcc: x@evil.ex", "Bea commented on Tea Bcc: x@\u200bevil.\u200bex"),
        ("B\u202eea\x07", "T\u2066ea", "Bea commented on Tea"),
        ("B" * 80, "T" * 300, f"{'B' * 59}… commented on {'T' * 59}…"),
        ("شيماء", "🫖 100 % tea", "شيماء commented on 🫖 100 % tea"),
    ],
)  # fmt: skip
def test_a_subject_names_author_and_page_in_one_bounded_line(
    mailing: Flask, mailbox: Box, name: str, title: str, subject: str
) -> None:
    signed(mailing, mailbox)
    comment = Guest(mailing, "Bea").say("told").get_json()["id"]
    with mailing.app_context(), transaction() as current:
        current.scalars(select(Page)).one().title = title
        current.get_one(Comment, comment).name = name
    deliver(mailing)
    [mail] = mails(mailbox, ADA)
    assert mail["Subject"] == subject
    assert mail["Bcc"] is None


def test_mails_about_one_page_are_grouped_apart_from_another_s(
    mailing: Flask, mailbox: Box, clock: FakeClock
) -> None:
    signed(mailing, mailbox)
    signed(mailing, mailbox, url="https://blog.example/other")
    clock.forward(hours=1)
    for n in range(2):
        Guest(mailing, "Bea").say(f"first {n}")
        Guest(mailing, "Bea").say(f"maybe first {n}")
        Guest(mailing, "Bea").say(f"second {n}", url="https://blog.example/other")
        deliver(mailing)
        clock.forward(hours=1)
    threads: dict[str, set[str]] = {}
    for mail in (*mails(mailbox, ADA), *mails(mailbox, "owner@blog.example")):
        assert mail["References"] == mail["In-Reply-To"]
        assert re.fullmatch(r"<page-\d+\.\w+@blog\.example>", mail["References"])
        page = "second" if "second" in text(mail) else "first"
        threads.setdefault(page, set()).add(mail["References"])
    assert len(mails(mailbox, "owner@blog.example")) == 2, "moderators' mails are grouped as well"
    assert {page: len(found) for page, found in threads.items()} == {"first": 1, "second": 1}
    assert threads["first"] != threads["second"]
    ids = [mail["Message-ID"] for mail in mails(mailbox, ADA)]
    assert len(set(ids)) == len(ids) == 4


def test_every_mail_has_an_unsubscribe_link(mailing: Flask, mailbox: Box, clock: FakeClock) -> None:
    signed(mailing, mailbox)
    Guest(mailing, "Bea").say("told")
    deliver(mailing)
    [raw] = [
        envelope.content.decode()
        for envelope in mailbox[0].mails
        if "told" in str(envelope.content)
    ]
    head = raw.split("\r\n\r\n")[0]
    assert re.search(r"^List-Unsubscribe: <https://comments.example/\S+>\r$", head, re.MULTILINE)
    assert "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in head
    [mail] = mails(mailbox, ADA)
    path = link(mail, "unsubscribe")
    assert path in mail["List-Unsubscribe"]
    assert path in text(mail, "html")
    assert link(mail, "manage") in text(mail, "html")


def test_a_mail_is_in_the_reader_s_language(mailing: Flask, mailbox: Box) -> None:
    signed(mailing, mailbox)
    mailing.extensions["comments"].languages = ["en", "ar"]
    with mailing.app_context(), transaction() as current:
        current.scalars(select(Subscription)).one().lang = "ar"
    Guest(mailing, "Bea").say("told")
    deliver(mailing)
    [mail] = mails(mailbox, ADA)
    assert '<html lang="ar" dir="rtl">' in text(mail, "html")


def test_a_sign_in_mail_is_in_the_language_of_its_reader(mailing: Flask, mailbox: Box) -> None:
    asked = {"site": "default", "url": PAGE, "challenge": "c" * 43}
    client = mailing.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "ar"
    token = csrf(client.get("/sign-in/mail/", query_string=asked))
    client.post("/sign-in/mail/", data={**asked, "email": BEA, "csrf_token": token})
    deliver(mailing)
    [mail] = mails(mailbox, BEA)
    assert '<html lang="ar" dir="rtl">' in text(mail, "html")
    assert "A blog" in mail["Subject"]
    assert mail["References"] is None


# ---- unsubscribing, muting, changing ----


@pytest.fixture
def told(mailing: Flask, mailbox: Box, clock: FakeClock) -> EmailMessage:
    """Return a mail to a subscriber."""
    signed(mailing, mailbox)
    Guest(mailing, "Bea").say("the first")
    deliver(mailing)
    [mail] = mails(mailbox, ADA)
    mailbox[0].mails.clear()
    clock.forward(hours=1)
    return mail


def test_one_click_unsubscribe_needs_no_session_cookie_or_token(
    mailing: Flask, mailbox: Box, told: EmailMessage
) -> None:
    path = link(told, "unsubscribe")
    page = mailing.test_client().get(path)
    assert row(mailing).ended_at is None, "looking changes nothing"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    done = mailing.test_client(use_cookies=False).post(
        path, data={"List-Unsubscribe": "One-Click"}, headers={"Origin": "https://mail.example"}
    )
    assert done.status_code == 200, "RFC 8058 wants no redirect"
    assert row(mailing).ended_at is not None
    Guest(mailing, "Bea").say("not told")
    deliver(mailing)
    assert mails(mailbox, ADA) == []
    again = re.search(r'action="(/subscriptions/manage/[^"]+)"', done.get_data(as_text=True))
    assert again
    assert "Subscribe again" in done.get_data(as_text=True)
    mailing.test_client().post(again[1], data={"do": "again"})
    Guest(mailing, "Bea").say("told again")
    deliver(mailing)
    [mail] = mails(mailbox, ADA)
    assert "told again" in text(mail)
    assert "not told" not in text(mail)


@pytest.mark.parametrize("what", ["ended", "muted", "rejected"])
def test_queued_mails_are_not_sent_after_unsubscribing(
    mailing: Flask, mailbox: Box, told: EmailMessage, what: str
) -> None:
    comment = Guest(mailing, "Bea").say("on its way").get_json()["id"]
    with mailing.app_context():
        reader_mail.enqueue_mails(mailing.extensions["comments"], {"comment_id": comment})
    if what == "ended":
        mailing.test_client().post(link(told, "unsubscribe"))
    elif what == "muted":
        mailing.test_client().post(link(told, "manage"), data={"do": "mute"})
    else:
        Moderator(mailing).decide(comment, "reject")
    deliver(mailing)
    assert mails(mailbox, ADA) == []


def test_a_thread_is_muted_and_the_pace_changed(
    mailing: Flask, mailbox: Box, told: EmailMessage, clock: FakeClock
) -> None:
    path, anyone = link(told, "manage"), mailing.test_client()
    assert "Mute this thread" in anyone.get(path).get_data(as_text=True)
    muted = anyone.post(path, data={"do": "mute"}).get_data(as_text=True)
    assert "Unmute this thread" in muted
    Guest(mailing, "Bea").say("while muted")
    deliver(mailing)
    assert mails(mailbox, ADA) == []
    anyone.post(path, data={"do": "unmute"})
    anyone.post(path, data={"do": "daily"})
    assert row(mailing).pace == "daily"
    Guest(mailing, "Bea").say("after")
    deliver(mailing)
    assert mails(mailbox, ADA) == []
    clock.forward(days=1)
    deliver(mailing)
    [mail] = mails(mailbox, ADA)
    assert "while muted" not in text(mail)
    assert anyone.post(path, data={"do": "nonsense"}).status_code == 422
    assert anyone.post(path).status_code == 422


def test_all_subscriptions_of_an_address_end_and_resume_together(
    mailing: Flask, mailbox: Box, told: EmailMessage, clock: FakeClock
) -> None:
    for n in range(2):
        signed(mailing, mailbox, url=f"{PAGE}/{n}", name=f"Ada{n}")
    signed(mailing, mailbox, email=BEA, name="Bea")
    path, anyone = link(told, "manage"), mailing.test_client()
    with mailing.app_context(), transaction() as current:
        earlier = current.scalars(select(Subscription).order_by(Subscription.id)).all()[1]
        earlier.ended_at = clock.now
        kept = earlier.id
    clock.forward(minutes=5)
    done = anyone.post(path, data={"do": "end_all"}).get_data(as_text=True)
    assert "again_all" in done
    ended = {found.address for found in rows(mailing) if found.ended_at is not None}
    assert ended == {ADA.lower()}
    assert all(found.ended_at for found in rows(mailing) if found.address == ADA.lower())
    anyone.post(path, data={"do": "again_all"})
    assert [found.id for found in rows(mailing) if found.ended_at is not None] == [kept]


def test_tampered_and_foreign_links_are_refused(
    mailing: Flask, mailbox: Box, told: EmailMessage, make_app: MakeApp, sqlite_url: str
) -> None:
    anyone = mailing.test_client()
    good = link(told, "unsubscribe")
    token = good.rpartition("/")[2]
    other = make_app(sqlite_url, SECRET_KEY="another installation").extensions["comments"]
    foreign = subscription_link.sign(other, "unsubscribe", row(mailing))
    wrong = [
        f"/subscriptions/unsubscribe/{token[:-2]}AA",
        f"/subscriptions/unsubscribe/x{token}",
        f"/subscriptions/unsubscribe/{foreign}",
        f"/subscriptions/manage/{token}",
        f"/subscriptions/confirm/{token}",
        "/subscriptions/unsubscribe/nonsense",
    ]
    for path in wrong:
        assert anyone.get(path).status_code == 410, path
        assert anyone.post(path, data={"do": "end"}).status_code == 410, path
    assert row(mailing).ended_at is None


def test_link_does_not_open_a_later_row_with_the_same_id(
    mailing: Flask, mailbox: Box, told: EmailMessage
) -> None:
    with mailing.app_context(), transaction() as current:
        mine = current.scalars(select(Subscription)).one()
        mine.address, mine.email = BEA, BEA
    anyone = mailing.test_client()
    assert anyone.get(link(told, "manage")).status_code == 410
    anyone.post(link(told, "unsubscribe"))
    assert row(mailing).ended_at is None


def test_resubscribing_requires_a_new_confirmation(
    mailing: Flask, mailbox: Box, told: EmailMessage
) -> None:
    mailing.test_client().post(link(told, "unsubscribe"))
    subscribing(mailing, email=ADA)
    Guest(mailing, "Bea").say("not told")
    deliver(mailing)
    [mail] = mails(mailbox, ADA)
    assert "Please confirm" in mail["Subject"]
    mailing.test_client().post(link(mail, "confirm"))
    assert (row(mailing).ended_at, bool(row(mailing).confirmed_at)) == (None, True)


# ---- for the account page ----


def test_subscriptions_of_an_author_are_listed_and_deleted(mailing: Flask, mailbox: Box) -> None:
    ada = signed(mailing, mailbox)
    for n in range(3):
        signed(mailing, mailbox, url=f"{PAGE}/{n}", name=f"Ada{n}")
    signed(mailing, mailbox, email=BEA, name="Bea")
    comment = ada.say("mine", url=PAGE).get_json()["id"]
    prove(mailing, comment, ADA)
    with mailing.app_context(), transaction() as current:
        author = current.get_one(Comment, comment).author
        assert isinstance(author, Author)
        found, following = subscriptions.of_author(current, author, None, 3)
        assert len(found) == 3
        rest, end = subscriptions.of_author(current, author, following, 3)
        assert (len(rest), end) == (1, None)
        assert subscriptions.delete_of(current, author, ADA.lower()) == 4
    assert [found.address for found in rows(mailing)] == [BEA]

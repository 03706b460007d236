"""A submission's context is counted from the site's own rows and stored with the verdict."""

from typing import Any

from flask import Flask
from sqlalchemy import select, update

from comment_service.screening.pipeline import merge_findings
from comment_service.screening.verdict import Finding
from comment_service.spam.features.context import CONTEXT_FEATURES
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import SPAM, Comment, LinkedDomain, Verdict
from tests.conftest import MakeApp
from tests.fakes import FakeClassifier
from tests.people import Guest, Moderator

ADVERT = "Dear friends, the cheapest ropes of the whole country are sold here, number {}"


class Listener(FakeClassifier):
    """A classifier that records the evidence passed with the text."""

    told: dict[str, Any]

    def score(self, text: str, **evidence: object) -> Any:
        self.told = dict(evidence)
        return super().score(text, **evidence)


def listening(app: Flask) -> Listener:
    found = Listener()
    app.extensions["comments"].classifier = found
    return found


def known(app: Flask, text: str, guest: Guest | None = None, **more: Any) -> dict[str, float]:
    heard = listening(app)
    answer = (guest or Guest(app)).say(text, **more)
    assert answer.status_code == 201, answer.get_json()
    return dict(heard.told["known"])


def file_everything_as_spam(app: Flask) -> None:
    with app.app_context(), transaction() as current:
        current.execute(update(Comment).values(status=SPAM))


def test_every_context_name_is_known_to_the_model(lite: Flask) -> None:
    found = known(lite, "See https://ropes.example", website="https://ada.example")
    assert set(found) <= CONTEXT_FEATURES
    assert {"author_published", "domain_spam", "honeypot", "other_script"} <= set(found)


def test_author_history_is_counted(lite: Flask) -> None:
    guest = Guest(lite)
    guest.say("A first word about gardens")
    assert known(lite, "A second word about gardens", guest)["author_published"] == 1


def test_copies_share_a_campaign_and_spam_among_them_is_counted(lite: Flask) -> None:
    Guest(lite).say(ADVERT.format("one"))
    Guest(lite).say(ADVERT.format("two"))
    with lite.app_context():
        first, second = session().scalars(select(Comment).order_by(Comment.id))
        assert first.campaign_id == second.campaign_id == first.id
    file_everything_as_spam(lite)
    assert known(lite, ADVERT.format("three"))["campaign_spam"] == 2


def test_a_copy_of_a_filed_campaign_is_filed_with_it(lite: Flask) -> None:
    Guest(lite).say(ADVERT.format("one"))
    Guest(lite).say(ADVERT.format("two"))
    file_everything_as_spam(lite)
    answer = Guest(lite).say(ADVERT.format("three"))
    with lite.app_context():
        row = (
            session()
            .scalars(select(Verdict).where(Verdict.comment_id == answer.get_json()["id"]))
            .one()
        )
        assert row.status == "spam"
        assert row.reasons[0]["sentence"] == "Nearly the same as 2 comments filed as spam"
        assert row.features == "0123456789abcdef"


def test_published_copy_prevents_filing_the_campaign(lite: Flask) -> None:
    answers = [Guest(lite).say(ADVERT.format(word)) for word in ("one", "two", "three")]
    file_everything_as_spam(lite)
    Moderator(lite).decide(answers[0].get_json()["id"], "approve")
    assert Guest(lite).say(ADVERT.format("four")).get_json()["status"] == "published"


def test_linked_domains_are_counted(lite: Flask) -> None:
    guest = Guest(lite)
    guest.say("hello there, friends of gardens")
    guest.say("a link to https://shop.ropes.example/a")
    with lite.app_context():
        assert list(session().scalars(select(LinkedDomain.domain))) == ["ropes.example"]
    file_everything_as_spam(lite)
    assert known(lite, "quite another text, https://www.ropes.example/b")["domain_spam"] == 1


def test_websites_of_one_name_are_counted(lite: Flask) -> None:
    for host in ("one", "two"):
        Guest(lite).say(f"Words about {host}", website=f"https://{host}.example")
    found = known(lite, "Words about three", website="https://three.example")
    assert found["name_websites"] == 3


def test_other_script_than_page_and_site_is_detected(lite: Flask) -> None:
    title = "A long walk around the lake"
    russian = "Большое спасибо за эту замечательную статью"
    assert known(lite, russian, title=title)["other_script"] == 1
    assert (
        known(lite, russian + " и ещё раз", title=title)["other_script"] == 0
    )  # the script is now common on the site


def test_relevance_uses_the_thread_text(lite: Flask) -> None:
    Guest(lite).say("The bowline never slips")
    heard = listening(lite)
    Guest(lite).say("Does it hold on wet rope?")
    assert "The bowline never slips" in heard.told["page_text"]


def test_processes_see_texts_accepted_by_other_processes(
    make_app: MakeApp, sqlite_url: str
) -> None:
    one, two = make_app(sqlite_url), make_app(sqlite_url)
    Guest(one).say(ADVERT.format("one"))
    Guest(two).say(ADVERT.format("two"))
    Guest(one).say(ADVERT.format("three"))
    with one.app_context():
        assert len(set(session().scalars(select(Comment.campaign_id)))) == 1


def test_finding_of_rule_and_model_is_merged() -> None:
    rule = Finding("honeypot", "the rule's words", 0.0, SPAM)
    told = merge_findings(
        [rule], [Finding("honeypot", "the model's", 5.0), Finding("words", "w", 1.0)]
    )
    assert [(f.name, f.sentence, f.weight, f.status) for f in told] == [
        ("honeypot", "the rule's words", 5.0, SPAM),
        ("words", "w", 1.0, ""),
    ]

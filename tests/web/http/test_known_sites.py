"""A site that was read a moment ago is asked for again when it changed, and after a second."""

from flask import Flask
from sqlalchemy import text

from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Site
from tests.fakes import FakeClock
from tests.people import Guest
from tests.web.comments.test_query_counts import statements


def read_sites(app: Flask, reader: Guest) -> tuple[int, list[str]]:
    """Ask for a form token; return the status and the statements."""
    with statements(app) as sent:
        answer = reader.get("/form-token")
    return answer.status_code, sent


def test_a_form_token_needs_no_query_within_a_second(lite: Flask, clock: FakeClock) -> None:
    reader = Guest(lite)
    assert read_sites(lite, reader)[1]
    assert read_sites(lite, reader) == (200, [])
    clock.forward(seconds=2)
    assert read_sites(lite, reader)[1]


def test_a_change_by_this_machine_shows_at_once(lite: Flask) -> None:
    reader = Guest(lite)
    assert read_sites(lite, reader)[0] == 200
    with lite.app_context(), transaction() as current:
        current.query(Site).one().origins = ["https://other.example"]
    assert read_sites(lite, reader)[0] == 403


def test_a_change_by_another_machine_shows_after_a_second(lite: Flask, clock: FakeClock) -> None:
    reader = Guest(lite)
    assert read_sites(lite, reader)[0] == 200
    with lite.app_context():
        session().connection().exec_driver_sql("UPDATE comments_sites SET origins = '[]'")
        session().commit()
    assert read_sites(lite, reader)[0] == 200
    clock.forward(seconds=2)
    assert read_sites(lite, reader)[0] == 403


def test_an_unknown_site_is_not_remembered(lite: Flask) -> None:
    reader = Guest(lite)
    reader.page["site"] = "later"
    assert read_sites(lite, reader)[0] == 404
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        origins = ["https://blog.example"]
        sites.ensure_site(current, key="later", name="Later", origins=origins, now=now)
    assert read_sites(lite, reader)[0] == 200


def test_a_comment_is_judged_by_the_rules_of_its_transaction(lite: Flask) -> None:
    reader = Guest(lite)
    token = reader.get("/form-token").get_json()["token"]
    with lite.app_context():
        session().connection().execute(
            text("UPDATE comments_sites SET rules = :rules"), {"rules": '{"policy": "all"}'}
        )
        session().commit()
    answer = reader.say("This site reviews everything now", token=token)
    assert answer.get_json()["status"] == "pending"

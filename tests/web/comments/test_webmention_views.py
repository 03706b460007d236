"""The endpoint of Webmentions: its answers, and where owners and hosts find its address."""

import pytest
from flask import Flask, render_template_string
from sqlalchemy import select

from comment_service.extension import CommentService
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment, Webmention
from tests.people import PAGE, Guest, Moderator
from tests.web.api.programs import program, two_sites
from tests.webmentions import accepting, send

SOURCE = "https://a.example/note"


def test_a_form_is_answered_with_202_in_plain_words(lite: Flask) -> None:
    accepting(lite)
    answer = send(lite, SOURCE)
    assert answer.status_code == 202
    assert answer.mimetype == "text/plain"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_refusal_says_why_as_json_too(lite: Flask) -> None:
    accepting(lite)
    answer = lite.test_client().post(
        "/webmention?site=default",
        data={"source": SOURCE, "target": "https://elsewhere.example/"},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 400
    error = answer.get_json()["error"]
    assert (error["code"], error["message"]) == (
        "webmention_refused", "target is no page of this site.",
    )  # fmt: skip
    assert send(lite, "x").status_code == 400


def test_browsers_and_other_methods_get_nothing(lite: Flask) -> None:
    accepting(lite)
    assert lite.test_client().get("/webmention?site=default").status_code == 405
    body = {"source": SOURCE, "target": PAGE}
    assert lite.test_client().post("/webmention?site=default", json=body).status_code == 400


def test_a_webmention_is_kept_without_the_sender(lite: Flask) -> None:
    accepting(lite)
    send(lite, SOURCE, network="203.0.113.77")
    with lite.app_context():
        row = session().scalars(select(Webmention)).one()
        assert "203.0.113" not in row.network
        assert len(row.network) == 32


def test_the_snippet_page_shows_the_line_once_the_rule_is_on(lite: Flask) -> None:
    owner = Moderator(lite)
    line = "rel=&#34;webmention&#34;"
    assert line not in owner.client.get("/moderation/snippet/").get_data(as_text=True)
    accepting(lite)
    shown = owner.client.get("/moderation/snippet/").get_data(as_text=True)
    assert line in shown
    assert "/webmention?site=default" in shown


def test_a_card_shows_the_origin_of_a_copy(lite: Flask) -> None:
    comment = Guest(lite).say("maybe").get_json()["id"]
    with lite.app_context(), transaction() as current:
        current.get_one(Comment, comment).source_url = "https://a.example/<note>"
    shown = Moderator(lite).queue()
    assert 'href="https://a.example/&lt;note&gt;" rel="nofollow noopener noreferrer"' in shown


def test_a_template_of_a_host_has_the_address() -> None:
    host = Flask("host")
    host.testing = True
    CommentService(host)
    with host.test_request_context("/"):
        found = render_template_string(
            '{{ url_for("comments.webmention", site="default", _external=True) }}'
        )
    assert found == "http://localhost/comments/webmention?site=default"


@pytest.mark.parametrize(("scope", "status"), [("moderate", 202), ("read", 403)])
def test_programs_order_webmentions_for_a_page(lite: Flask, scope: str, status: int) -> None:
    Guest(lite).say("Hello.")
    assert program(lite, scopes=[scope]).post("/pages/1/webmentions").status_code == status
    two_sites(lite)
    other = program(lite, site="other", scopes=[scope])
    assert other.post("/pages/1/webmentions").status_code in {403, 404}

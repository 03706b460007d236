"""Names and websites of accounts: blocklists and moderators' names apply to them."""

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.actions.admin.account import rename
from comment_service.actions.readers.set_name import NO_NAME, valid_name_or_empty, validate_name
from comment_service.errors import InvalidFields
from comment_service.runtime import Runtime
from comment_service.screening.names import LISTED, TAKEN
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Moderator as Staff
from comment_service.storage.tables import Site
from tests.people import Moderator


@pytest.fixture
def site_id(app: Flask) -> int:
    Moderator(app, name="Ruth Weiß")
    with app.app_context(), transaction() as current:
        site = sites.find(current, "default")
        assert isinstance(site, Site)
        for kind, value in (("word", "casino"), ("domain", "spam.example")):
            sites.add_to_list(
                current,
                site.id,
                kind=kind,
                values=[value],
                status="spam",
                actor="Ruth",
                now=site.created_at,
            )
        return site.id


def take(app: Flask, site_id: int, name: str, website: str = "") -> tuple[str, str]:
    with app.app_context():
        runtime: Runtime = app.extensions["comments"]
        return validate_name(
            session=session(), runtime=runtime, site_id=site_id, name=name, website=website
        )


def test_name_is_cleaned(app: Flask, site_id: int) -> None:
    taken = take(app, site_id, " Ada\u202e  L. ", "ada.example")
    assert taken == ("Ada L.", "https://ada.example")


@pytest.mark.parametrize(
    "name", ["", " ", "\u2800", "\u3164", "\u115f\u1160", "\ufe0f", "\U000e0041"]
)
def test_names_that_show_nothing_are_refused(app: Flask, site_id: int, name: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        take(app, site_id, name)
    assert refused.value.fields == {"name": [NO_NAME]}
    with app.app_context(), pytest.raises(InvalidFields):
        rename(session=session(), moderator=session().scalars(select(Staff)).one(), name=name)


@pytest.mark.parametrize(
    "name", ["Ruth Weiß", "ruth weiß", "Ruth Wеiß", "✓ Ruth Weiß", "RuthWeiß (mod)"]
)
def test_moderator_names_are_refused(app: Flask, site_id: int, name: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        take(app, site_id, name)
    assert refused.value.fields == {"name": [TAKEN]}


@pytest.mark.parametrize(
    ("name", "website"), [("Best CASINO", ""), ("Ada", "https://www.spam.example/x")]
)
def test_blocklisted_names_are_refused(app: Flask, site_id: int, name: str, website: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        take(app, site_id, name, website)
    assert refused.value.fields == {"name": [LISTED]}


def test_invalid_provider_name_is_requested_again(app: Flask, site_id: int) -> None:
    with app.app_context():
        runtime: Runtime = app.extensions["comments"]
        assert valid_name_or_empty(session(), runtime, site_id, "Casino Royale casino") == ""
        assert valid_name_or_empty(session(), runtime, site_id, "Grace") == "Grace"

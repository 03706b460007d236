"""Sites are added, renamed and removed, and origins registered, by their owners, audited."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from comment_service.actions.admin import embed_origins, invitation
from comment_service.actions.admin import sites as actions
from comment_service.errors import AlreadyDone, DoesNotExist, InvalidFields, NotAllowed
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment, Label, PeopleChange, Site
from comment_service.storage.tables import Moderator as Person
from tests.actions.transfer.importing import Importer
from tests.fakes import FakeClock
from tests.people import Guest, Moderator
from tests.transfer.exports import wxr, wxr_comment, wxr_item


def act(app: Flask, action: Callable[..., Any], **values: Any) -> Any:
    with app.app_context(), transaction() as current:
        return action(session=current, runtime=app.extensions["comments"], **values)


@pytest.fixture
def two(app: Flask) -> Flask:
    """Return an app with two sites: 1 is the settings', 2 is called Other."""
    origins = ["https://other.example"]
    act(app, actions.add_site, by=None, key="other", name="Other", origins=origins)
    return app


def origins(app: Flask) -> dict[str, list[str]]:
    with app.app_context():
        return {site.key: site.origins for site in sites.all_sites(session())}


def changes(app: Flask) -> list[tuple[str, str, str | None]]:
    with app.app_context():
        rows = session().scalars(select(PeopleChange).order_by(PeopleChange.id))
        return [(r.change, r.actor, r.about.get("site")) for r in rows if "site" in r.about]


def test_an_owner_changes_the_own_site_only(two: Flask) -> None:
    owner = Moderator(two, "Olive", site="other").id
    before = origins(two)["default"]
    act(two, actions.add_origin, by=owner, site_id=2, origin=" HTTPS://*.Other.Example ")
    act(two, actions.rename_site, by=owner, site_id=2, name=" Another\u202e  name ")
    act(two, actions.remove_origin, by=owner, site_id=2, origin="https://other.example")
    assert origins(two) == {"default": before, "other": ["https://*.other.example"]}
    for action, values in (
        (actions.add_origin, {"origin": "https://a.example"}),
        (actions.remove_origin, {"origin": before[0]}),
        (actions.rename_site, {"name": "Mine"}),
        (actions.ignore_origin, {"origin": before[0]}),
        (actions.remove_site, {"typed": "My blog"}),
    ):
        with pytest.raises(DoesNotExist):
            act(two, action, by=owner, site_id=1, **values)
    with pytest.raises(NotAllowed, match="Owners of every site"):
        act(two, actions.add_site, by=owner, key="c", name="C", origins=[])
    with pytest.raises(NotAllowed, match="Owners of every site"):
        act(two, actions.remove_site, by=owner, site_id=2, typed="Another name")
    with two.app_context():
        assert [site.name for site in sites.all_sites(session())][1] == "Another name"
    assert changes(two) == [
        ("site_added", "command line", "other"),
        ("origin_added", "Olive", "other"),
        ("site_renamed", "Olive", "other"),
        ("origin_removed", "Olive", "other"),
    ]


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"key": "no blanks"}, "key", "letters, digits"),
        ({"key": ""}, "key", "letters, digits"),
        ({"key": "x" * 65}, "key", "up to 64"),
        ({"key": "default"}, "key", "There is a site default already."),
        ({"name": "x" * 201}, "name", "at most 200"),
        ({"name": "\u200b"}, "name", "Enter a name"),
        ({"origins": ["nonsense"]}, "origin", "such as https://blog.example"),
        ({"origins": ["ftp://blog.example"]}, "origin", "such as https://blog.example"),
        ({"origins": ["https://*.co.uk"]}, "origin", "different owners"),
        ({"origins": ["https://a.*.example"]}, "origin", "only at the beginning"),
    ],
)
def test_unacceptable_sites_are_refused(
    app: Flask, values: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidFields) as refused:
        act(app, actions.add_site, by=None, **{"key": "c", "name": "C", "origins": [], **values})
    assert words in refused.value.fields[field][0]
    assert list(origins(app)) == ["default"]


@pytest.mark.parametrize(
    ("typed", "registered"),
    [
        (" Bare.Example:8443", "https://bare.example:8443"),
        ("*.bare.example", "https://*.bare.example"),
        ("http://bare.example", "http://bare.example"),
    ],
)
def test_a_bare_host_is_registered_for_https(two: Flask, typed: str, registered: str) -> None:
    act(two, actions.add_origin, by=None, site_id=2, origin=typed)
    assert registered in origins(two)["other"]


def test_an_origin_is_registered_once_and_within_bounds(two: Flask) -> None:
    with pytest.raises(AlreadyDone):
        act(two, actions.add_origin, by=None, site_id=2, origin="https://other.example/")
    for number in range(actions.MOST_ORIGINS - 1):
        act(two, actions.add_origin, by=None, site_id=2, origin=f"https://o{number}.example")
    with pytest.raises(InvalidFields) as refused:
        act(two, actions.add_origin, by=None, site_id=2, origin="https://more.example")
    assert "at most" in refused.value.fields["origin"][0]
    with pytest.raises(DoesNotExist):
        act(two, actions.remove_origin, by=None, site_id=2, origin="https://more.example")


def test_a_removed_site_takes_its_comments_and_no_others(two: Flask) -> None:
    owner = Moderator(two, "Owner")
    there = Guest(two, "Ada")
    there.page = {"site": "other", "url": "https://other.example/post", "title": "A post"}
    first = there.say("over there").get_json()["id"]
    there.say("an answer", parent=first)
    owner.decide(first, "spam")
    Guest(two, "Bob").say("over here")
    with pytest.raises(InvalidFields) as refused:
        act(two, actions.remove_site, by=owner.id, site_id=2, typed="other")
    assert "Type the name of the site: Other" in refused.value.fields["typed"][0]
    with pytest.raises(NotAllowed, match="COMMENTS_SITE"):
        act(two, actions.remove_site, by=owner.id, site_id=1, typed="My blog")
    with pytest.raises(NotAllowed, match="site remove other"):
        act(two, actions.remove_site, by=owner.id, site_id=2, typed="Other", most=1)
    act(two, actions.remove_site, by=owner.id, site_id=2, typed=" Other ")
    with two.app_context():
        assert session().scalars(select(Comment.text)).all() == ["over here"]
        assert session().scalars(select(Site.key)).all() == ["default"]
        assert session().scalar(select(func.count()).select_from(Label)) == 0
    assert changes(two)[-1] == ("site_removed", "Owner", "other")
    assert there.get("/thread").status_code == 404
    assert "over here" in Guest(two).thread()


def test_a_site_with_a_long_chain_of_replies_is_removed(two: Flask, tmp_path: Path) -> None:
    chain = "".join(wxr_comment(n, parent=n - 1) for n in range(1, 1101))
    Importer(two, tmp_path, "other").run(wxr(wxr_item(chain)))
    act(two, actions.remove_site, by=None, site_id=2, typed="Other")
    with two.app_context():
        assert session().scalars(select(Comment.id)).all() == []


def test_people_and_invitations_of_a_removed_site_go(two: Flask) -> None:
    owner, gone = Moderator(two, "Owner"), Moderator(two, "Gone", "moderator", "other")
    kept = Moderator(two, "Kept", "moderator", "default")
    links = [
        act(two, invitation.invite, by=owner.id, name="", role="moderator", site_id=site_id,
            email=f"new{site_id}@a.example")
        for site_id in (1, 2)
    ]  # fmt: skip
    act(two, actions.remove_site, by=owner.id, site_id=2, typed="Other")
    assert kept.client.get("/moderation/").status_code == 200
    assert gone.client.get("/moderation/").status_code == 302
    with two.app_context():
        assert session().get_one(Person, gone.id).left_at is not None
        assert session().get_one(Person, kept.id).left_at is None
    pages = [two.test_client().get(f"/moderation/invite/{link}") for link in links]
    assert [page.status_code for page in pages] == [200, 410]
    assert owner.client.get("/moderation/people/").status_code == 200


def note(app: Flask, site_id: int, origin: str) -> None:
    act(app, embed_origins.note, site_id=site_id, origin=origin, url=f"{origin}/post")


def wanted(app: Flask, site_id: int) -> list[str]:
    with app.app_context():
        state = app.extensions["comments"]
        site = session().get_one(Site, site_id)
        found = embed_origins.of_site(session=session(), runtime=state, site=site)
        return [one.origin for one in found.wanted]


def test_origins_that_ask_are_kept_by_site_within_bounds(two: Flask, clock: FakeClock) -> None:
    note(two, 2, "https://other.example")
    note(two, 1, "https://there.example")
    for number in range(embed_origins.MOST + 5):
        note(two, 2, f"https://o{number}.example")
    assert wanted(two, 1) == ["https://there.example"]
    assert len(wanted(two, 2)) == embed_origins.MOST
    assert "https://o21.example" not in wanted(two, 2), "those seen today stay"
    for site_id, origin, news in (
        (2, "https://o21.example", False),
        (2, "https://o3.example", False),
        (2, "https://more.other.example", False),
        (1, "https://o21.example", True),
        (9, "https://o21.example", False),
    ):
        assert act(two, embed_origins.is_news, site_id=site_id, origin=origin) == news
    clock.forward(hours=23)
    note(two, 2, "https://o3.example")
    clock.forward(hours=2)
    act(two, embed_origins.note, site_id=9, origin="https://x.example", url="https://x.example/")
    note(two, 2, "https://late.example")
    assert {"https://late.example", "https://o3.example"} <= set(wanted(two, 2))
    assert len(wanted(two, 2)) == embed_origins.MOST
    with two.app_context():
        state = two.extensions["comments"]
        site = session().get_one(Site, 2)
        found = embed_origins.of_site(session=session(), runtime=state, site=site).found
        assert [one.origin for one in found] == ["https://other.example"]


def test_an_ignored_origin_does_not_ask_again(two: Flask, clock: FakeClock) -> None:
    for site_id in (1, 2):
        note(two, site_id, "https://there.example")
    act(two, actions.ignore_origin, by=None, site_id=1, origin="https://there.example")
    clock.forward(hours=2)
    note(two, 1, "https://there.example")
    assert wanted(two, 1) == []
    assert wanted(two, 2) == ["https://there.example"]
    clock.forward(days=31)
    assert wanted(two, 2) == [], "not seen for a month"

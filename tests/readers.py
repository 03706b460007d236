"""A reader with an account, whose browser is known on the service's own pages."""

from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from comment_service.actions.readers import sign_in
from comment_service.identity import Person, Viewer
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Author, Site
from comment_service.web.http.viewer import VISITOR_COOKIE
from tests.people import PAGE, Guest, csrf

ORIGIN = "http://localhost"


class Reader:
    """Somebody signed in; ``guest`` is the same one at a widget."""

    def __init__(
        self,
        app: Flask,
        name: str = "Ada",
        provider: str = "example",
        guest: Guest | None = None,
        **known: Any,
    ) -> None:
        self.app, self.name = app, name
        self.client = app.test_client()
        self.guest = guest or Guest(app, name)
        self.author_id = self.prove(provider, f"{name}-1", guest=guest, **known)

    def prove(
        self,
        provider: str,
        subject: str,
        *,
        guest: Guest | None = None,
        link: bool = False,
        **known: Any,
    ) -> int:
        """Prove an identity, sign in with it in both places; return the author's id."""
        state = self.app.extensions["comments"]
        with self.app.app_context(), transaction() as current:
            site = current.scalars(select(Site)).one()
            to = current.get(Author, self.author_id) if link else None
            person = Person(f"https://{provider}.example", subject, name=self.name, **known)
            identity = sign_in.prove(
                session=current,
                runtime=state,
                site=site,
                provider=provider,
                person=person,
                link_to=to,
            )
            viewer = Viewer(author_id=self._guest_id(guest)) if guest else None
            opened = [
                sign_in.open_session(
                    session=current, runtime=state, identity=identity, viewer=viewer, browser=agent
                )
                for agent in ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "")
            ]
            author_id, site_id = identity.author_id, site.id
        self.client.set_cookie(f"{VISITOR_COOKIE}_{site_id}", opened[0])
        self.guest.token = opened[1]
        return author_id

    def _guest_id(self, guest: Guest) -> int:
        from comment_service.storage.admin import people

        found = people.find_session(session(), guest.token, guest.app.extensions["comments"].now())
        assert found is not None and found.author_id is not None
        return found.author_id

    def get(self, path: str = "", **query: Any) -> TestResponse:
        return self.client.get(f"/account/{path}", query_string={"site": "default", **query})

    def text(self, path: str = "", **query: Any) -> str:
        return self.get(path, **query).get_data(as_text=True)

    def post(self, path: str, **fields: Any) -> TestResponse:
        token = csrf(self.get())
        body = {"site": "default", "csrf_token": token, **fields}
        return self.client.post(f"/account/{path}", data=body, headers={"Origin": ORIGIN})


__all__ = ["ORIGIN", "PAGE", "Reader"]

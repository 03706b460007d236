"""The demo's site: its people and rules, and its address."""

from comment_service.actions.admin import login, rules
from comment_service.actions.pages import edit_page
from comment_service.cli.demo.posts import POSTS
from comment_service.errors import SetupError
from comment_service.runtime import Runtime
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import pages
from comment_service.storage.tables import MODERATOR, Site

OWNER, COLLEAGUE = "demo@blog.example", "nora@blog.example"
OWNER_NAME, COLLEAGUE_NAME = "Greta Lind", "Nora Feld"
REACTIONS = "❤️ 😂 😮"


def prepare_site(state: Runtime, address: str) -> None:
    """Create the moderators, register the blog's origin and allow reactions."""
    with transaction() as current:
        site = _site(state)
        site.origins = [address]
        login.add_moderator(session=current, runtime=state, name=OWNER_NAME, email=OWNER)
        login.add_moderator(
            session=current,
            runtime=state,
            name=COLLEAGUE_NAME,
            email=COLLEAGUE,
            role=MODERATOR,
            site_id=site.id,
        )
        changes = {"reactions": REACTIONS}
        rules.change_rules(
            session=current, runtime=state, site=site, changes=changes, actor=OWNER_NAME
        )


def move_to(state: Runtime, address: str) -> None:
    """Move the threads to the blog's origin if it was another when they were seeded."""
    with transaction() as current:
        site = _site(state)
        before = site.origins
        site.origins = sorted({*before, address})
        for post in POSTS:
            if pages.find(current, site.id, address + post.path) is not None:
                continue
            found = (pages.find(current, site.id, origin + post.path) for origin in before)
            page = next((page for page in found if page is not None), None)
            if page is not None:
                edit_page.change_address(
                    session=current,
                    runtime=state,
                    page_id=page.id,
                    url=address + post.path,
                    actor=OWNER_NAME,
                )


def _site(state: Runtime) -> Site:
    """Return the configured site.

    Raises:
        SetupError: the folder has another service's database.
    """
    site = sites.find(session(), state.settings.site)
    if site is None:
        raise SetupError("The demo's database has no site; run again with --fresh.")
    return site

"""The site that a command is about, and who acts on the command line."""

import click

from comment_service.runtime import Runtime
from comment_service.storage.admin import sites
from comment_service.storage.admin.people import OPERATOR
from comment_service.storage.db.session import session
from comment_service.storage.tables import Site

ACTOR = OPERATOR
"""The actor in logs and labels of what a command did."""

site_option = click.option(
    "--site", "key", default="", help="The site's key; default: the configured site."
)


def find_site(runtime: Runtime, key: str | None) -> Site:
    """Return the site with this key, or the configured one.

    Raises:
        click.ClickException: there is none.
    """
    key = key or runtime.settings.site
    found = sites.find(session(), key)
    if found is None:
        raise click.ClickException(f"There is no site {key}; `site list` prints all.")
    return found

"""Download a site's comments, for its owner: everything, or for other programs."""

from collections.abc import Iterator

from flask import Blueprint, Response, g, request, stream_with_context

from comment_service.actions.admin import backup
from comment_service.actions.admin.export_pages import FORMATS, export_pages
from comment_service.actions.admin.native_copy import export_lines
from comment_service.errors import InvalidFields
from comment_service.storage.admin import rights
from comment_service.storage.db.session import db, session
from comment_service.storage.tables import Site
from comment_service.text.sentences import staff_sentence
from comment_service.web.http.context import runtime
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_owner

blueprint = Blueprint("export", __name__, url_prefix="/moderation/export")
blueprint.before_request(require_owner)

NATIVE = "native"
CHOICES = {
    NATIVE: (
        staff_sentence("Everything"),
        staff_sentence("JSON Lines, to load into another comment-service; has no passwords."),
    ),
    "wxr": (
        staff_sentence("WordPress (WXR)"),
        staff_sentence("Pages and comments of every status, with e-mail addresses."),
    ),
    "disqus": (
        staff_sentence("Disqus XML"),
        staff_sentence("The same in the shape of Disqus' export, for other importers."),
    ),
    "csv": (staff_sentence("Spreadsheet (CSV)"), staff_sentence("One row for each comment.")),
    "html": (
        staff_sentence("Archive (HTML)"),
        staff_sentence("A zip with a page for each thread; only public comments."),
    ),
}
"""Format → its name, and what is in the file."""


@blueprint.get("/")
def show() -> str:
    """Show the formats of a site's export."""
    return site_context.render_page(
        "admin/export",
        site=site_context.owned_site(),
        sites=rights.allowed_sites(session(), g.rights.owned),
        choices=CHOICES,
        backup=_backup_status(),
    )


def _backup_status() -> backup.BackupStatus | None:
    """Return the state of backups for owners of every site; others do not see the server's."""
    if g.rights.owned is not None:
        return None
    return backup.status(session=session(), runtime=runtime())


@blueprint.get("/file")
def download() -> Response:
    """Stream the export of a site in a format."""
    site, kind = site_context.owned_site(), request.args.get("format", NATIVE)
    if kind not in CHOICES:
        sentence = staff_sentence("The format is one of %(formats)s.", formats=", ".join(CHOICES))
        raise InvalidFields({"format": [sentence]})
    media_type, suffix = "application/jsonl", "jsonl"
    if kind != NATIVE:
        media_type, suffix = FORMATS[kind].media_type, FORMATS[kind].suffix
    name = f"{site.key}-{runtime().now():%Y-%m-%d}.{suffix}"
    answer = Response(stream_with_context(_parts(site, kind)), mimetype=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _parts(site: Site, kind: str) -> Iterator[bytes]:
    """Return the parts of a file; what the request has read so far ends here."""
    parts: Iterator[bytes]
    if kind == NATIVE:
        lines = export_lines(engine=db.engine, runtime=runtime(), site=site)
        parts = (line.encode() for line in lines)
    else:
        parts = export_pages(engine=db.engine, runtime=runtime(), site=site, kind=kind)
    session().rollback()
    return parts

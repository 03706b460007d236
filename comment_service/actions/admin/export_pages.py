"""Write a site's pages and comments in a format that other programs read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from comment_service.runtime import Runtime
from comment_service.storage.db.snapshot import snapshot
from comment_service.storage.pages.export import SiteReader
from comment_service.storage.tables import Site
from comment_service.transfer import write_csv, write_disqus, write_html, write_wxr
from comment_service.transfer.exported import ExportedSite, Source


@dataclass(frozen=True)
class Format:
    """A format: what writes it, and what a browser calls the file."""

    write: Callable[[ExportedSite, Source], Iterator[bytes]]
    media_type: str
    suffix: str


FORMATS: Mapping[str, Format] = {
    "wxr": Format(write_wxr.write, write_wxr.MEDIA_TYPE, write_wxr.SUFFIX),
    "disqus": Format(write_disqus.write, write_disqus.MEDIA_TYPE, write_disqus.SUFFIX),
    "csv": Format(write_csv.write, write_csv.MEDIA_TYPE, write_csv.SUFFIX),
    "html": Format(write_html.write, write_html.MEDIA_TYPE, write_html.SUFFIX),
}
"""Name of a format → how it is written."""


def export_pages(*, engine: Engine, runtime: Runtime, site: Site, kind: str) -> Iterator[bytes]:
    """Yield the parts of a file with a site's pages and comments.

    All parts show one state of the database; a bounded number of rows is in memory.
    """
    origins = [origin for origin in site.origins if "*" not in origin]
    described = ExportedSite(
        key=site.key,
        name=site.name,
        origin=origins[0] if origins else "",
        exported_at=runtime.now(),
    )
    return _parts(engine, FORMATS[kind], described, site.id)


def _parts(engine: Engine, form: Format, site: ExportedSite, site_id: int) -> Iterator[bytes]:
    with snapshot(engine) as session:
        yield from form.write(site, SiteReader(session, site_id))

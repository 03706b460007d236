"""Run an import in a test: from the text of an export to the result."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from comment_service.actions.transfer import run_import as importing
from comment_service.actions.transfer.addresses import Addresses
from comment_service.actions.transfer.undo_import import UndoCounts, begin_undo, undo_import
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment, Site
from comment_service.transfer.recognise import recognise
from comment_service.transfer.spool import read_all


class Importer:
    """Imports exports into a site of an app."""

    def __init__(self, app: Flask, folder: Path, site: str = "default") -> None:
        self.app, self.folder, self.site = app, folder, site
        self.runtime = app.extensions["comments"]
        self.ids: list[int] = []
        self.pictures = False

    def _row(self, path: Path, spool: Any, source: str, where: Addresses) -> Any:
        return importing.new_import(
            runtime=self.runtime,
            site_id=self._site().id,
            kind=recognise(path),
            source=importing.source_of(recognise(path), spool, source),
            file_name=path.name,
            sha256=importing.file_digest(path),
            options={**where.to_json(), "pictures": self.pictures},
            actor="Test",
        )

    def _site(self) -> Site:
        found = sites.find(session(), self.site)
        assert found is not None
        return found

    def run(
        self,
        export: str | Path,
        *,
        rules: Sequence[str] = (),
        base: str = "",
        source: str = "",
        dry: bool = False,
        stop_after: int | None = None,
    ) -> Mapping[str, Any]:
        """Import an export; with ``dry`` only plan it, with ``stop_after`` stop after batches."""
        path = export if isinstance(export, Path) else self.folder / "export.xml"
        if isinstance(export, str):
            path.write_text(export, encoding="utf-8")
        steps = iter(range(10_000))
        with (
            self.app.app_context(),
            read_all(recognise(path), path, self.folder / "test.spool") as spool,
        ):
            where = Addresses.of(self._site(), rules=rules, base=base)
            row = self._row(path, spool, source, where)
            more = {"runtime": self.runtime, "spool": spool, "where": where}
            if dry:
                return importing.dry_run(session=session(), row=row, **more)
            with transaction() as current:
                self.ids.append(importing.start(session=current, row=row).id)
            return importing.run_import(
                begin=transaction,
                import_id=self.ids[-1],
                stopped=lambda: stop_after is not None and next(steps) >= stop_after,
                **more,
            )

    def undo(self, import_id: int | None = None) -> UndoCounts:
        number = import_id or self.ids[-1]
        with self.app.app_context():
            site_id = self._site().id
            with transaction() as current:
                begin_undo(
                    session=current,
                    runtime=self.runtime,
                    site_id=site_id,
                    import_id=number,
                    actor="Test",
                )
            return undo_import(
                begin=transaction, runtime=self.runtime, site_id=site_id, import_id=number
            )

    def comments(self) -> list[Comment]:
        """Return all comments of the site, by id."""
        with self.app.app_context():
            query = select(Comment).where(Comment.site_id == self._site().id)
            found = list(session().scalars(query.order_by(Comment.id)))
            for one in found:
                assert one.page.url
            session().expunge_all()
            return found

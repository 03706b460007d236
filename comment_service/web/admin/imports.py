"""Import comments from a file or a running WordPress: dry run, start, progress, proof, undo."""

import secrets
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from comment_service.actions.filter.retrain import has_enough_labels
from comment_service.actions.transfer import reasons, stored_files, upload
from comment_service.actions.transfer.addresses import Addresses
from comment_service.actions.transfer.fetch_wordpress import blog_address
from comment_service.errors import InvalidFields, Refusal
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import labels
from comment_service.storage.tables import Import, Site
from comment_service.storage.transfer import imports
from comment_service.text.sentences import staff_sentence
from comment_service.web.http import messages
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_owner

blueprint = Blueprint("imports", __name__, url_prefix="/moderation/import")
PAGE_SIZE = 20
MEGABYTE = 1_000_000
MAX_LOGIN = 300
"""Longest user name and application password together; WordPress makes 24 characters."""


@blueprint.url_value_preprocessor
def allow_large_upload(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Allow a large body for owners only, before anything reads the body."""
    if endpoint != "imports.receive" or request.method != "POST":
        return
    try:
        require_owner()
    except Refusal:
        return  # the view refuses it, with the small limit
    request.max_content_length = runtime().settings.import_megabytes * MEGABYTE


blueprint.before_request(require_owner)


@blueprint.get("/")
def show() -> str:
    """Show the form, where each system's export is found, and the imports so far."""
    return _page(site_context.owned_site())


@blueprint.post("/")
def receive() -> AnyResponse | str:
    """Keep the uploaded file and have it checked; nothing is imported yet."""
    site = site_context.owned_site()
    typed = {name: request.form.get(name, "").strip() for name in ("base", "page", "source")}
    rules = [line.strip() for line in request.form.get("map", "").splitlines() if line.strip()]
    kind = request.form.get("format", "")
    try:
        where = Addresses.of(site, base=typed["base"], page=typed["page"], rules=rules, regex=False)
        name = _file_name(kind)
    except InvalidFields as refusal:
        return _page(site, problem=messages.full_refusal_text(refusal))
    stored = secrets.token_hex(16)
    request.files["file"].save(stored_files.make_folder(runtime()) / stored)
    options = {**where.to_json(), "format": kind, "source": typed["source"][:100]}
    options["pictures"] = bool(request.form.get("pictures"))
    return _receive(site, name, stored, options)


@blueprint.post("/wordpress")
def fetch() -> AnyResponse | str:
    """Have the comments of a running WordPress fetched and checked; nothing is imported yet."""
    site = site_context.owned_site()
    rules = [line.strip() for line in request.form.get("rules", "").splitlines() if line.strip()]
    url, user = (request.form.get(name, "").strip() for name in ("url", "user"))
    password = request.form.get("password", "").strip()
    try:
        where = Addresses.of(site, rules=rules, regex=False)
        url = blog_address(url)
        _check_login(user, password)
    except InvalidFields as refusal:
        return _page(site, problem=messages.full_refusal_text(refusal), live=True)
    stored = secrets.token_hex(16)
    stored_files.keep_password(runtime(), stored, password)
    asked = {"url": url, "user": user}
    options = {**where.to_json(), "format": upload.WORDPRESS, "source": "", "fetch": asked}
    return _receive(site, url.partition("://")[2], stored, options, fetched=True)


def _check_login(user: str, password: str) -> None:
    """Refuse a form without user and password.

    Raises:
        InvalidFields: one of them is missing, or both are too long.
    """
    if not user or not password or len(user + password) > MAX_LOGIN:
        sentence = staff_sentence("Enter the user name and the application password.")
        raise InvalidFields({"password": [sentence]})


def _receive(
    site: Site, name: str, stored: str, options: dict[str, Any], *, fetched: bool = False
) -> AnyResponse:
    """Create the import; without it, its files are deleted."""
    try:
        with transaction() as current:
            row = upload.receive(
                session=current,
                runtime=runtime(),
                site_id=site.id,
                file_name=name,
                stored=stored,
                options=options,
                actor=g.moderator_name,
                fetched=fetched,
            )
            number = row.id
    except BaseException:
        stored_files.delete(runtime(), stored)
        raise
    return _to(site, number)


@blueprint.get("/<id:import_id>")
def one(import_id: int) -> str:
    """Show an import: its progress, its dry run, or its proof."""
    site = site_context.owned_site()
    row = upload.require(session(), site.id, import_id)
    return site_context.render_page(
        "admin/import",
        site=site,
        row=row,
        label=_label(row),
        added=imports.count_added(session(), row.id),
        running=row.state in imports.UNFINISHED,
        sentence=reasons.sentence,
        trainable=has_enough_labels(labels.count(session(), site.id)),
    )


@blueprint.get("/<id:import_id>/progress")
def progress(import_id: int) -> Response:
    """Return how far an import is, as JSON."""
    row = upload.require(session(), site_context.owned_site().id, import_id)
    return jsonify(
        running=row.state in imports.UNFINISHED, step=row.state, done=row.done, total=row.total
    )


@blueprint.post("/<id:import_id>/start")
def start(import_id: int) -> AnyResponse:
    """Start an import whose dry run was shown."""
    site = site_context.owned_site()
    with transaction() as current:
        upload.start(session=current, runtime=runtime(), site_id=site.id, import_id=import_id)
    return _to(site, import_id)


@blueprint.post("/<id:import_id>/undo")
def undo(import_id: int) -> AnyResponse:
    """Have an import taken back."""
    site = site_context.owned_site()
    with transaction() as current:
        upload.undo(
            session=current,
            runtime=runtime(),
            site_id=site.id,
            import_id=import_id,
            actor=g.moderator_name,
        )
    return _to(site, import_id)


@blueprint.post("/<id:import_id>/discard")
def discard(import_id: int) -> AnyResponse:
    """Delete an import that was not started, with its file."""
    site = site_context.owned_site()
    with transaction() as current:
        stored = upload.discard(session=current, site_id=site.id, import_id=import_id)
    stored_files.delete(runtime(), stored)
    return redirect(url_for("imports.show", site=site.key), 303)


def _file_name(kind: str) -> str:
    """Return the name of the uploaded file.

    Raises:
        InvalidFields: there is no file, or no such format.
    """
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidFields({"file": [staff_sentence("Choose a file.")]})
    if kind and kind not in _formats():
        raise InvalidFields({"format": [staff_sentence("Choose one of the formats.")]})
    return Path(file.filename).name


def _page(site: Site, problem: str = "", *, live: bool = False) -> str:
    rows, following = imports.of_site(
        session(), site.id, before=id_argument("before"), limit=PAGE_SIZE
    )
    return site_context.render_page(
        "admin/imports",
        site=site,
        formats=_formats().values(),
        rows=[(row, _label(row), imports.count_added(session(), row.id)) for row in rows],
        next_url=url_for("imports.show", site=site.key, before=following) if following else "",
        typed=request.form,
        problem=problem,
        live=live,
        megabytes=runtime().settings.import_megabytes,
    )


def _formats() -> Any:
    return reasons.formats()


def _label(row: Import) -> str:
    found = _formats().get(row.format)
    return messages.told(found.label) if found is not None else _("Import")


def _to(site: Site, import_id: int) -> AnyResponse:
    return redirect(url_for("imports.one", import_id=import_id, site=site.key), 303)

"""``spam models``, ``promote``, ``rollback`` and ``retrain``: a site's models in the database."""

import json
from typing import NoReturn

import click

from comment_service.actions.filter import activate
from comment_service.cli.assembly import Assembly
from comment_service.cli.sites import ACTOR, find_site, site_option
from comment_service.errors import Refusal
from comment_service.notify import training
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import versions

NOT_PROMOTED = 3
"""Exit code if a training or a promotion leaves the active model unchanged."""

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _refuse(refusal: Refusal, as_json: bool) -> NoReturn:
    """Print why the active model is unchanged, and exit with that code."""
    if as_json:
        error = {"code": refusal.code, "message": refusal.message}
        click.echo(json.dumps({"error": error}, ensure_ascii=False))
    click.echo(refusal.message, err=True)
    raise SystemExit(NOT_PROMOTED)


def _print_active(now: str | None, before: str | None, as_json: bool, words: str) -> None:
    """Print the active model."""
    name = now or activate.SHIPPED
    result = {"active": name, "before": before or activate.SHIPPED}
    click.echo(json.dumps(result) if as_json else f"{name} {words}")


@click.command("models")
@site_option
@_json
@click.pass_obj
def models_command(assembly: Assembly, key: str, as_json: bool) -> None:
    """Print a site's models: id, state, date, promotion decision."""
    with assembly.context() as runtime:
        site_id = find_site(runtime, key).id
        active = versions.active_id(session(), site_id)
        rows = [
            {
                "id": row.id,
                "state": row.state,
                "created": row.created_at.isoformat(),
                "gate": row.report.get("sentence", ""),
            }
            for row in versions.all_versions(session(), site_id)
        ]
        shipped = runtime.classifier.model_id if runtime.classifier else "none"
        rows.append({"id": shipped, "state": "retired" if active else "active",
                     "created": "", "gate": "ships with the package"})  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo("\t".join(str(row[name]) for name in ("id", "state", "created", "gate")))


@click.command()
@click.argument("model_id", metavar="ID")
@site_option
@_json
@click.pass_obj
def promote(assembly: Assembly, model_id: str, key: str, as_json: bool) -> None:
    """Activate model ID (or `shipped`). Exit code 3: the active model is unchanged."""
    with assembly.context() as runtime, transaction() as current:
        site_id = find_site(runtime, key).id
        before = versions.active_id(current, site_id)
        try:
            now = activate.promote(
                session=current, runtime=runtime, site_id=site_id, model_id=model_id, actor=ACTOR
            )
        except Refusal as refusal:
            _refuse(refusal, as_json)
    _print_active(now, before, as_json, "is active now.")


@click.command()
@click.argument("model_id", metavar="[ID]", default="")
@site_option
@_json
@click.pass_obj
def rollback(assembly: Assembly, model_id: str, key: str, as_json: bool) -> None:
    """Activate the previous model, or ID if it was active before.

    Exit code 3: the active model is unchanged.
    """
    with assembly.context() as runtime, transaction() as current:
        site_id = find_site(runtime, key).id
        before = versions.active_id(current, site_id)
        try:
            now = activate.rollback(
                session=current, runtime=runtime, site_id=site_id, model_id=model_id, actor=ACTOR
            )
        except Refusal as refusal:
            _refuse(refusal, as_json)
    _print_active(now, before, as_json, "is active again.")


@click.command()
@site_option
@_json
@click.pass_obj
def retrain(assembly: Assembly, key: str, as_json: bool) -> None:
    """Train a site's next model from its labels now. Exit code 3: the active model is unchanged."""
    with assembly.context() as runtime:
        site_id = find_site(runtime, key).id
        kept = training.train(runtime, {"site_id": site_id, "actor": ACTOR})
        version = versions.find(session(), kept.model_id)
        report = dict(version.report) if version else {}
    words = {"model": kept.model_id, "promoted": kept.promoted, **report}
    click.echo(json.dumps(words) if as_json else f"{kept.model_id}: {report.get('sentence', '')}")
    raise SystemExit(0 if kept.promoted else NOT_PROMOTED)

"""A site's rules, its blocklists, and pages with their own rules; trying saves nothing."""

from dataclasses import replace

from flask import Blueprint, g, redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.admin import rules as rule
from comment_service.actions.admin.rules import TrialResult
from comment_service.errors import DoesNotExist, InvalidFields
from comment_service.storage.admin import lists
from comment_service.storage.admin import rules as stored
from comment_service.storage.admin.rules import Rules
from comment_service.storage.admin.sites import LIST_KINDS
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import recent
from comment_service.storage.tables import Site
from comment_service.storage.tables.base import MAX_ID
from comment_service.web.admin.rule_forms import (
    PRESET_RULES,
    PRESETS,
    ListForm,
    PageRulesForm,
    RulesForm,
)
from comment_service.web.http import messages
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_owner

blueprint = Blueprint("rules", __name__, url_prefix="/moderation/rules")
blueprint.before_request(require_owner)
PAGE_SIZE = 50


@blueprint.get("/")
def show() -> str:
    """Show a site's rules; ``preset`` fills the form without saving it."""
    site = site_context.owned_site()
    preset = PRESETS.get(request.args.get("preset", ""))
    if preset is None:
        return _page(site)
    usual = Rules.of_settings(runtime().settings)
    chosen = {**{name: getattr(usual, name) for name in PRESET_RULES}, **preset}
    rules = replace(stored.of_site(runtime().settings, site), **chosen)
    return _page(site, form=RulesForm.of(rules), preset=request.args["preset"])


@blueprint.post("/")
def settle() -> Response | str:
    """Try or save the submitted rules."""
    site = site_context.owned_site()
    form = RulesForm().allowing(stored.of_site(runtime().settings, site))
    if not form.validate():
        return _page(site, form=form)
    if "try" in request.form:
        tried = rule.try_rules(
            session=session(),
            runtime=runtime(),
            site=site,
            rules=Rules(**form.rules()),
        )
        return _page(site, form=form, tried=tried)
    key = site.key
    with transaction() as current:
        rule.save_rules(
            session=current,
            runtime=runtime(),
            site=site,
            changes=form.rules(),
            actor=g.moderator_name,
        )
    return redirect(url_for("rules.show", site=key, saved=1), 303)


@blueprint.get("/changes")
def changes() -> str:
    """List the changes of a site's rules and pages, newest first."""
    site = site_context.owned_site()
    found, older = recent.rule_changes(
        session(), site.id, before=id_argument("before"), limit=PAGE_SIZE
    )
    following = site_context.next_url(older, site=site.key)
    return site_context.render_page(
        "admin/rule_changes", site=site, changes=found, next_url=following
    )


@blueprint.get("/lists")
def blocklists() -> str:
    """Show a site's blocklists."""
    return _lists_page(site_context.owned_site())


@blueprint.post("/lists")
def add() -> Response | str:
    """Try or add the submitted blocklist entries."""
    site, form = site_context.owned_site(), ListForm()
    if not form.validate():
        return _lists_page(site, form=form)
    kind, status, values = form.kind.data, form.status.data, form.lines()
    if "try" in request.form:
        tried = rule.try_rules(
            session=session(),
            runtime=runtime(),
            site=site,
            rules=stored.of_site(runtime().settings, site),
            entries=[(kind, value, status) for value in values],
        )
        return _lists_page(site, form=form, tried=tried)
    try:
        with transaction() as current:
            added = rule.add_list_entries(
                session=current,
                runtime=runtime(),
                site=site,
                kind=kind,
                values=values,
                status=status,
                actor=g.moderator_name,
            )
    except InvalidFields as refusal:
        form["values"].errors = messages.field_errors(refusal)["values"]
        return _lists_page(site, form=form)
    return _to_lists(site, kind, added=added)


@blueprint.post("/lists/remove")
def remove() -> Response:
    """Remove the selected entries from a site's blocklists."""
    site = site_context.owned_site()
    ids = request.form.getlist("entry", type=int)
    chosen = [entry_id for entry_id in ids if 0 < entry_id <= MAX_ID]
    with transaction() as current:
        lists.remove_entries(current, site.id, chosen)
    return _to_lists(site, request.form.get("kind", ""))


@blueprint.get("/pages")
def pages() -> str:
    """Show the pages with rules of their own."""
    return _pages_page(site_context.owned_site())


@blueprint.post("/pages")
def settle_page() -> Response | str:
    """Save or clear a page's own rules."""
    site, form = site_context.owned_site(), PageRulesForm()
    if not form.validate():
        return _pages_page(site, form)
    try:
        with transaction() as current:
            rule.save_page_rules(
                session=current,
                runtime=runtime(),
                site=site,
                url=form.url.data.strip(),
                changes=form.rules(),
                actor=g.moderator_name,
            )
    except DoesNotExist as refusal:
        form.url.errors = [messages.refusal_text(refusal)]
        return _pages_page(site, form)
    return redirect(url_for("rules.pages", site=site.key), 303)


def _page(
    site: Site,
    *,
    form: RulesForm | None = None,
    tried: TrialResult | None = None,
    preset: str = "",
) -> str:
    """Render the rules; a refused form shows the submitted values."""
    saved = bool(request.args.get("saved"))
    newest, _older = recent.rule_changes(session(), site.id, before=None, limit=1)
    return site_context.render_page(
        "admin/rules",
        site=site,
        form=form or RulesForm.of(stored.of_site(runtime().settings, site)),
        tried=tried,
        preset=preset,
        presets=tuple(PRESETS),
        saved=newest[0] if saved and newest else None,
        kinds=lists.count_entries(session(), site.id),
        own_pages=len(lists.pages_with_rules(session(), site.id)),
    )


def _lists_page(
    site: Site, *, form: ListForm | None = None, tried: TrialResult | None = None
) -> str:
    kind = request.values.get("kind", "") if request.method == "GET" else ""
    kind = kind if kind in LIST_KINDS else ""
    entries, more = lists.entries_page(
        session(), site.id, kind, before=id_argument("before"), limit=PAGE_SIZE
    )
    return site_context.render_page(
        "admin/blocklists",
        site=site,
        form=form or ListForm(formdata=None, kind=kind or "word"),
        tried=tried,
        added=request.args.get("added", type=int),
        kind=kind,
        kinds=lists.count_entries(session(), site.id),
        entries=entries,
        next_url=url_for("rules.blocklists", site=site.key, kind=kind, before=more) if more else "",
    )


def _pages_page(site: Site, form: PageRulesForm | None = None) -> str:
    return site_context.render_page(
        "admin/page_rules",
        site=site,
        form=form or PageRulesForm(formdata=None),
        pages=lists.pages_with_rules(session(), site.id),
    )


def _to_lists(site: Site, kind: str, added: int | None = None) -> Response:
    return redirect(url_for("rules.blocklists", site=site.key, kind=kind or None, added=added), 303)

"""A site's rules and blocklists; both can be tried before they are saved."""

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
from comment_service.web.admin.rule_forms import ListForm, PageRulesForm, RulesForm
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_owner

blueprint = Blueprint("rules", __name__, url_prefix="/moderation/rules")
blueprint.before_request(require_owner)
PAGE_SIZE = 50


@blueprint.get("/")
def show() -> str:
    """Show a site's rules, blocklists, pages with own rules and the change log."""
    return _page(site_context.owned_site())


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
    with transaction() as current:
        rule.save_rules(
            session=current,
            runtime=runtime(),
            site=site,
            changes=form.rules(),
            actor=g.moderator_name,
        )
    return _back(site)


@blueprint.post("/lists")
def add() -> Response | str:
    """Try or add the submitted blocklist entries."""
    site, form = site_context.owned_site(), ListForm()
    if not form.validate():
        return _page(site, list_form=form)
    kind, status, values = form.kind.data, form.status.data, form.lines()
    if "try" in request.form:
        tried = rule.try_rules(
            session=session(),
            runtime=runtime(),
            site=site,
            rules=stored.of_site(runtime().settings, site),
            entries=[(kind, value, status) for value in values],
        )
        return _page(site, list_form=form, list_tried=tried)
    try:
        with transaction() as current:
            rule.add_list_entries(
                session=current,
                runtime=runtime(),
                site=site,
                kind=kind,
                values=values,
                status=status,
                actor=g.moderator_name,
            )
    except InvalidFields as refusal:
        form["values"].errors = list(refusal.fields["values"])
        return _page(site, list_form=form)
    return _back(site, kind=kind)


@blueprint.post("/lists/remove")
def remove() -> Response:
    """Remove the selected entries from a site's blocklists."""
    site = site_context.owned_site()
    ids = request.form.getlist("entry", type=int)
    chosen = [entry_id for entry_id in ids if 0 < entry_id <= MAX_ID]
    with transaction() as current:
        lists.remove_entries(current, site.id, chosen)
    return _back(site, kind=request.form.get("kind", ""))


@blueprint.post("/pages")
def settle_page() -> Response | str:
    """Save or clear a page's own rules."""
    site, form = site_context.owned_site(), PageRulesForm()
    if not form.validate():
        return _page(site, page_form=form)
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
        form.url.errors = [str(refusal)]
        return _page(site, page_form=form)
    return _back(site)


def _page(
    site: Site,
    *,
    form: RulesForm | None = None,
    list_form: ListForm | None = None,
    page_form: PageRulesForm | None = None,
    tried: TrialResult | None = None,
    list_tried: TrialResult | None = None,
) -> str:
    """Render the page; a refused form shows the submitted values."""
    kind = request.values.get("kind", "")
    kind = kind if kind in LIST_KINDS else ""
    entries, more = lists.entries_page(
        session(), site.id, kind, before=id_argument("before"), limit=PAGE_SIZE
    )
    changes, _older = recent.rule_changes(session(), site.id, before=None, limit=10)
    return site_context.render_page(
        "admin/rules",
        site=site,
        form=form or RulesForm.of(stored.of_site(runtime().settings, site)),
        tried=tried,
        list_form=list_form or ListForm(formdata=None, kind=kind or "word"),
        list_tried=list_tried,
        page_form=page_form or PageRulesForm(formdata=None),
        kind=kind,
        kinds=lists.count_entries(session(), site.id),
        entries=entries,
        next_url=url_for("rules.show", site=site.key, kind=kind, before=more) if more else "",
        pages=lists.pages_with_rules(session(), site.id),
        changes=changes,
    )


def _back(site: Site, kind: str = "") -> Response:
    return redirect(url_for("rules.show", site=site.key, kind=kind or None), 303)

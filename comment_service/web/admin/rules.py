"""The rules of a site: what is held, who may write, the lists; tried before they are turned on."""

from flask import Blueprint, g, redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.admin import rules as rule
from comment_service.actions.admin.rules import Tried
from comment_service.errors import InvalidFields, NotThere
from comment_service.storage.admin import lists
from comment_service.storage.admin import rules as stored
from comment_service.storage.admin.rules import Rules
from comment_service.storage.admin.sites import LIST_KINDS
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import recent
from comment_service.storage.tables import Site
from comment_service.storage.tables.base import MAX_ID
from comment_service.web.admin.rule_forms import ListForm, PageRulesForm, RulesForm
from comment_service.web.http.context import number, runtime
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import only_owners

rules = Blueprint("rules", __name__, url_prefix="/moderation/rules")
rules.before_request(only_owners)
STRETCH = 50


@rules.get("/")
def show() -> str:
    """Show a site's rules, its lists, the pages with rules of their own and what was changed."""
    return _page(site_context.site())


@rules.post("/")
def settle() -> Response | str:
    """Try the rules that were sent, or settle them."""
    site, form = site_context.site(), RulesForm()
    if not form.validate():
        return _page(site, form=form)
    if "try" in request.form:
        tried = rule.attempt(
            session=session(),
            runtime=runtime(),
            site=site,
            wanted=Rules(**form.rules()),
        )
        return _page(site, form=form, tried=tried)
    with transaction() as current:
        rule.settle(
            session=current,
            runtime=runtime(),
            site=site,
            changes=form.rules(),
            actor=g.moderator_name,
        )
    return _back(site)


@rules.post("/lists")
def add() -> Response | str:
    """Try lines as list entries, or put them on the list."""
    site, form = site_context.site(), ListForm()
    if not form.validate():
        return _page(site, list_form=form)
    kind, status, values = form.kind.data, form.status.data, form.lines()
    if "try" in request.form:
        tried = rule.attempt(
            session=session(),
            runtime=runtime(),
            site=site,
            wanted=stored.of_site(runtime().settings, site),
            entries=[(kind, value, status) for value in values],
        )
        return _page(site, list_form=form, list_tried=tried)
    try:
        with transaction() as current:
            rule.list_values(
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


@rules.post("/lists/remove")
def remove() -> Response:
    """Take the chosen entries off a site's lists."""
    site = site_context.site()
    sent = request.form.getlist("entry", type=int)
    chosen = [found for found in sent if 0 < found <= MAX_ID]
    with transaction() as current:
        lists.remove(current, site.id, chosen)
    return _back(site, kind=request.form.get("kind", ""))


@rules.post("/pages")
def settle_page() -> Response | str:
    """Give a page rules of its own, or none."""
    site, form = site_context.site(), PageRulesForm()
    if not form.validate():
        return _page(site, page_form=form)
    try:
        with transaction() as current:
            rule.settle_page(
                session=current,
                runtime=runtime(),
                site=site,
                url=form.url.data.strip(),
                changes=form.rules(),
                actor=g.moderator_name,
            )
    except NotThere as refusal:
        form.url.errors = [str(refusal)]
        return _page(site, page_form=form)
    return _back(site)


def _page(
    site: Site,
    *,
    form: RulesForm | None = None,
    list_form: ListForm | None = None,
    page_form: PageRulesForm | None = None,
    tried: Tried | None = None,
    list_tried: Tried | None = None,
) -> str:
    """Return the page; forms come back with what was typed."""
    kind = request.values.get("kind", "")
    kind = kind if kind in LIST_KINDS else ""
    entries, more = lists.stretch(session(), site.id, kind, before=number("before"), limit=STRETCH)
    changes, _older = recent.rule_changes(session(), site.id, before=None, limit=10)
    return site_context.page(
        "admin/rules",
        site=site,
        form=form or RulesForm.of(stored.of_site(runtime().settings, site)),
        tried=tried,
        list_form=list_form or ListForm(formdata=None, kind=kind or "word"),
        list_tried=list_tried,
        page_form=page_form or PageRulesForm(formdata=None),
        kind=kind,
        kinds=lists.counts(session(), site.id),
        entries=entries,
        next_url=url_for("rules.show", site=site.key, kind=kind, before=more) if more else "",
        pages=lists.pages_with_rules(session(), site.id),
        changes=changes,
    )


def _back(site: Site, kind: str = "") -> Response:
    return redirect(url_for("rules.show", site=site.key, kind=kind or None), 303)

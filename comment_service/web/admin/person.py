"""Personal data of one person, found by address: for owners who are asked by mail."""

from flask import Blueprint, Response, g, request, stream_with_context
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from comment_service.actions.readers import person as acting
from comment_service.errors import DoesNotExist, InvalidFields
from comment_service.storage.admin import rights, rules
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Site
from comment_service.web.http import messages
from comment_service.web.http.context import runtime
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_owner

blueprint = Blueprint("person", __name__, url_prefix="/moderation/person")
blueprint.before_request(require_owner)
KEEP, REMOVE = "keep", "remove"


class AddressForm(FlaskForm):  # type: ignore[misc]
    """The address that a person wrote from."""

    address = StringField(_l("E-mail address"), validators=[DataRequired(), Length(max=320)])


class EraseForm(AddressForm):
    """What is erased, and that the owner is sure."""

    texts = RadioField(
        _l("Texts of their comments"),
        choices=[
            SelectChoice(KEEP, _l("Keep the texts, under a neutral name")),
            SelectChoice(REMOVE, _l("Remove the texts too")),
        ],
    )
    sure = BooleanField(_l("Erase permanently; this cannot be undone"), validators=[DataRequired()])


@blueprint.get("/")
def show() -> str:
    """Show the form for an address."""
    return _page(site_context.owned_site(), AddressForm(formdata=None))


@blueprint.post("/")
def find() -> str:
    """Show what is stored under an address; the address is in no URL."""
    site, form = site_context.owned_site(), AddressForm()
    if not form.validate():
        return _page(site, form)
    return _found(site, form)


@blueprint.post("/file")
def download() -> Response | str:
    """Stream everything stored under an address as one JSON file."""
    site, form = site_context.owned_site(), AddressForm()
    if not form.validate() or (address := _address(form)) is None:
        return _page(site, form)
    with transaction() as current:
        acting.record(
            session=current, runtime=runtime(), site=current.get_one(Site, site.id),
            address=address, actor=g.moderator_name, change=acting.EXPORTED, counts={},
        )  # fmt: skip
    parts = acting.export_person(session=session(), runtime=runtime(), site=site, address=address)
    answer = Response(stream_with_context(parts), mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="person.json"'
    return answer


@blueprint.post("/erase")
def erase() -> str:
    """Erase everything stored under an address."""
    site, form = site_context.owned_site(), EraseForm()
    if not form.validate():
        return _found(site, form)
    address = _address(form)
    if address is None:
        return _page(site, form)
    try:
        with transaction() as current:
            erased = acting.erase_person(
                session=current,
                runtime=runtime(),
                site=current.get_one(Site, site.id),
                address=address,
                actor=g.moderator_name,
                removes=form.texts.data == REMOVE,
            )
    except DoesNotExist as refusal:
        form.address.errors = [messages.refusal_text(refusal)]
        return _page(site, form)
    return _page(site_context.owned_site(), AddressForm(formdata=None), erased=erased)


def _address(form: AddressForm) -> str | None:
    """Return the form's address, or None with an error at its field."""
    try:
        return acting.checked_address(form.address.data)
    except InvalidFields as refusal:
        form.address.errors = messages.field_errors(refusal)["address"]
        return None


def _found(site: Site, form: AddressForm) -> str:
    """Render what is stored under the form's address."""
    address = _address(form)
    if address is None:
        return _page(site, form)
    found = acting.find_person(session=session(), site_id=site.id, address=address)
    erase_form = form if isinstance(form, EraseForm) else EraseForm(formdata=None)
    if erase_form.texts.data is None:
        erase_form.texts.data = rules.of_site(runtime().settings, site).erased_comments
    return _page(site, form, found=found, erase_form=erase_form)


def _page(site: Site, form: AddressForm, **more: object) -> str:
    return site_context.render_page(
        "admin/person",
        site=site,
        sites=rights.allowed_sites(session(), g.rights.owned),
        form=form,
        typed=request.form.get("address", "") if "erased" not in more else "",
        **more,
    )

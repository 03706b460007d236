"""Send sign-in mails (magic links)."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from comment_service.actions.readers import email_link
from comment_service.errors import LinkExpired
from comment_service.notify import templates
from comment_service.runtime import Runtime
from comment_service.storage.db.session import session
from comment_service.storage.tables import Site, Ticket


def deliver(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Send a sign-in mail; do nothing if the link was used or has expired.

    Raises:
        OSError, smtplib.SMTPException: the mail could not be sent.
    """
    ticket = session().get(Ticket, payload["ticket_id"])
    if ticket is None:
        return
    token = email_link.token_of(runtime, ticket)
    try:
        email_link.require_ticket(session=session(), runtime=runtime, token=token)
    except LinkExpired:
        return
    site = session().get_one(Site, ticket.about["site_id"])
    subject = _l("Sign in to comment on %(site)s", site=site.name)
    values = {
        "site": site.name,
        "minutes": email_link.LINK_MINUTES,
        "link_url": templates.service_url(runtime, f"/sign-in/mail/{token}"),
    }
    to, lang = (str(ticket.about[key]) for key in ("email", "lang"))
    message = templates.compose_for_reader(runtime, to, lang, subject, "sign_in", **values)
    templates.send(runtime, message, payload)

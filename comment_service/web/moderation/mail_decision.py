"""Where the links of a mail lead: the comment as it is now, and buttons; looking changes nothing.

No sign-in is asked for: the link names its moderator and one comment, and is spent by deciding.
"""

from flask import Blueprint, g, make_response, render_template, request
from werkzeug.wrappers import Response

from comment_service.actions.moderation import decide_by_mail
from comment_service.errors import CommentGone, DecidedBefore, LinkSpent
from comment_service.storage.db.session import session, transaction
from comment_service.web.http.context import language, runtime
from comment_service.web.http.rate_limits import SIGN_IN, limiter
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.return_to import decision
from comment_service.web.moderation.cards import cards
from comment_service.web.moderation.queue_page import DONE

by_mail = Blueprint("by_mail", __name__, url_prefix="/moderation/mail")
OFFERED = ("approve", "spam", "reject")


@by_mail.get("/<token>")
def show(token: str) -> Response:
    """Show the comment with what was found, and what may be decided; nothing is spent."""
    return _comment(token, "")


def _comment(token: str, problem: str) -> Response:
    try:
        ticket, comment = decide_by_mail.look(session=session(), runtime=runtime(), token=token)
    except (LinkSpent, CommentGone) as refusal:
        raise _refused(refusal) from None
    g.moderator_id, wanted = ticket.moderator_id, request.args.get("do", "")
    order = sorted(OFFERED, key=lambda offered: offered != wanted)
    name = ticket.moderator.name if ticket.moderator else ""
    return _page(card=cards([comment])[0], name=name, order=order, token=token, problem=problem)


@by_mail.post("/<token>")
@limiter.limit(SIGN_IN)
def decide(token: str) -> Response:
    """Decide as the link's moderator, and spend the link."""
    wanted = decision()
    try:
        with transaction() as current:
            decide_by_mail.decide(
                session=current,
                runtime=runtime(),
                token=token,
                decision=wanted,
                expected=request.form.get("expected", ""),
            )
    except DecidedBefore as refusal:
        session().rollback()
        raise RefusedWithPage(refusal, _comment(token, refusal.message)) from None
    except (LinkSpent, CommentGone) as refusal:
        raise _refused(refusal) from None
    return _page(said=DONE[wanted])


def _refused(refusal: LinkSpent | CommentGone) -> RefusedWithPage:
    session().rollback()
    return RefusedWithPage(refusal, _page(problem=refusal.message))


def _page(**values: object) -> Response:
    code, direction = language()
    html = render_template(
        "comments/moderation/mail_decision.html", locale=code, direction=direction, **values
    )
    return make_response(html)

"""Where the links of a mail lead: the comment as it is now, and buttons; looking changes nothing.

No sign-in is asked for: the link names its moderator and one comment, and is spent by deciding.
"""

from flask import Blueprint, g, make_response, render_template, request
from werkzeug.wrappers import Response

from comment_service.actions import decide_by_mail
from comment_service.errors import CommentGone, DecidedBefore, LinkSpent
from comment_service.storage.session import session, transaction
from comment_service.web import errors
from comment_service.web.cards import cards
from comment_service.web.context import language, runtime
from comment_service.web.limits import SIGN_IN, limiter
from comment_service.web.queue_view import DONE
from comment_service.web.ways import decision

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
        return _refused(refusal)
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
        answer = _comment(token, refusal.message)
        answer.status_code = errors.status_of(refusal)
        return answer
    except (LinkSpent, CommentGone) as refusal:
        return _refused(refusal)
    return _page(said=DONE[wanted])


def _refused(refusal: LinkSpent | CommentGone) -> Response:
    session().rollback()
    answer = _page(problem=refusal.message)
    answer.status_code = errors.status_of(refusal)
    return answer


def _page(**values: object) -> Response:
    code, direction = language()
    html = render_template(
        "comments/moderation/by_mail.html", locale=code, direction=direction, **values
    )
    return make_response(html)

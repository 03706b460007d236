"""Pages behind the links in mails to moderators: the current comment, and buttons to decide.

No sign-in is required: the link names its moderator and one comment. GET changes nothing; a
decision uses the link up.
"""

from flask import Blueprint, g, make_response, render_template, request
from werkzeug.wrappers import Response

from comment_service.actions.moderation import decide_by_mail
from comment_service.errors import CommentNotFound, DecisionConflict, LinkExpired
from comment_service.storage.db.session import session, transaction
from comment_service.web.http import messages
from comment_service.web.http.context import language, runtime
from comment_service.web.http.rate_limits import SIGN_IN, limited
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.return_to import requested_decision
from comment_service.web.moderation.cards import cards
from comment_service.web.moderation.queue_page import DECISION_MESSAGES

blueprint = Blueprint("mail_decision", __name__, url_prefix="/moderation/mail")
DECISIONS = ("approve", "spam", "reject")


@blueprint.get("/<token>")
def show(token: str) -> Response:
    """Show the comment with its verdict and the possible decisions; the link stays valid."""
    return _comment(token, "")


def _comment(token: str, problem: str) -> Response:
    try:
        ticket, comment = decide_by_mail.require_link(
            session=session(), runtime=runtime(), token=token
        )
    except (LinkExpired, CommentNotFound) as refusal:
        raise _refused(refusal) from None
    g.moderator_id, requested = ticket.moderator_id, request.args.get("do", "")
    order = sorted(DECISIONS, key=lambda decision: decision != requested)
    name = ticket.moderator.name if ticket.moderator else ""
    return _page(card=cards([comment])[0], name=name, order=order, token=token, problem=problem)


@blueprint.post("/<token>")
@limited(SIGN_IN)
def decide(token: str) -> Response:
    """Decide as the link's moderator and use the link up."""
    requested = requested_decision()
    try:
        with transaction() as current:
            decide_by_mail.decide(
                session=current,
                runtime=runtime(),
                token=token,
                decision=requested,
                expected=request.form.get("expected", ""),
            )
    except DecisionConflict as refusal:
        session().rollback()
        raise RefusedWithPage(refusal, _comment(token, messages.refusal_text(refusal))) from None
    except (LinkExpired, CommentNotFound) as refusal:
        raise _refused(refusal) from None
    return _page(said=DECISION_MESSAGES[requested])


def _refused(refusal: LinkExpired | CommentNotFound) -> RefusedWithPage:
    session().rollback()
    return RefusedWithPage(refusal, _page(problem=messages.refusal_text(refusal)))


def _page(**values: object) -> Response:
    code, direction = language()
    html = render_template(
        "comments/moderation/mail_decision.html", locale=code, direction=direction, **values
    )
    return make_response(html)

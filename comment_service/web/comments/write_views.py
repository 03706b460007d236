"""Views that create comments, likes and reactions (HTML form or JSON), and ``/me``."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, make_response, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from comment_service.actions.comments.like import LikeResult
from comment_service.actions.comments.like import like as do_like
from comment_service.actions.comments.react import react as do_react
from comment_service.actions.comments.submit import SubmitResult, prepare
from comment_service.actions.comments.submit import submit as do_submit
from comment_service.actions.readers import rotate_token
from comment_service.storage.comments import likes, reactions
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import pages
from comment_service.storage.tables import PUBLISHED, Comment
from comment_service.text import markdown
from comment_service.text.addresses import comment_url
from comment_service.web.comments import own_comments, presenters
from comment_service.web.comments import render as rendered
from comment_service.web.comments.forms import CommentForm, LikeForm, PreviewForm, ReactionForm
from comment_service.web.comments.inline import BACK_TO_PAGE
from comment_service.web.comments.thread_views import submission_notice
from comment_service.web.http import body, form_token, in_place_token, place
from comment_service.web.http.context import runtime, wants_json
from comment_service.web.http.place import PageRef
from comment_service.web.http.rate_limits import PREVIEWS, likes_per_hour, limited
from comment_service.web.http.viewer import bearer_token, current_viewer, visitor_token
from comment_service.web.http.visitor_cookie import set_visitor_cookie

blueprint = Blueprint("comments", __name__)


@blueprint.post("/comments")
def submit() -> AnyResponse:
    """Create a comment."""
    values = body.read_values()
    at = place.page_to_write_on(values)
    place.require_known_origin(at.site)
    staff = values.get("staff", "")
    viewer = in_place_token.writer(at.site, staff) if staff else current_viewer(at.site.id)
    form = CommentForm(formdata=values)
    seconds = form_token.writing_seconds(
        at,
        form.token.data or "",
        values.get("seconds", "") if request.is_json else "",
        honeypot=form.subject.data or "",
    )
    draft = form.draft(at, viewer, seconds)
    draft = prepare(session=session(), runtime=runtime(), site=at.site, draft=draft)
    with transaction(keep_loaded=True) as current:
        done = do_submit(
            session=current, runtime=runtime(), site=at.site, viewer=viewer, draft=draft
        )
    return _submitted_response(at, done, notify=bool(draft.notify), by_reader=not staff)


def _submitted_response(
    at: PageRef, done: SubmitResult, *, notify: bool, by_reader: bool
) -> AnyResponse:
    """Answer with the comment as its author may see it."""
    if not wants_json():
        comment = done.comment
        status = presenters.visible_status(comment, own=True)
        published = status == PUBLISHED
        focus = comment.id if published and comment.parent_id else None
        sort = "newest" if published and focus is None else None
        notify_flag = "1" if notify else None
        url = presenters.thread_url(
            at, "thread_page", posted=status, notify=notify_flag, focus=focus, sort=sort
        )
        if published:
            url = _page_itself(at, comment.id) or f"{url}#comment-{comment.id}"
        else:
            url += "#respond"
        back = redirect(url, 303)
        return set_visitor_cookie(back, at.site.id, done.visitor)
    comment, is_new = done.comment, not done.repeated
    view = presenters.comment_view(at, comment, own=True)
    answer = jsonify(
        id=comment.id,
        status=view.status,
        parent=comment.parent_id,
        html=rendered.posted_html(at, view, new=comment if is_new and by_reader else None),
        message=submission_notice(view.status, notify=notify),
        visitor=done.visitor,
        own=own_comments.of_comment(comment, is_new=is_new),
    )
    answer.status_code = 200 if done.repeated else 201
    return answer


def _page_itself(at: PageRef, comment_id: int | None) -> str:
    """Return the URL of a host's page whose form was sent, at the comment; "" to show the thread.

    A page with more comments than it shows at first may not contain this one.
    """
    if request.args.get("back") != BACK_TO_PAGE:
        return ""
    page = pages.find(session(), at.site.id, at.url)
    if page is None or page.comment_count > runtime().settings.page_size:
        return ""
    return comment_url(at.url, comment_id) if comment_id else f"{at.url}#comments"


def _lead_back(at: PageRef, comment_id: int | None, visitor: str) -> AnyResponse:
    """Redirect a form without JavaScript to the comment, or the page, that it was about."""
    anchor = f"#comment-{comment_id}" if comment_id else "#comments"
    url = presenters.thread_url(at, "thread_page", focus=comment_id) + anchor
    back = redirect(_page_itself(at, comment_id) or url, 303)
    return set_visitor_cookie(back, at.site.id, visitor)


@blueprint.post("/likes")
@limited(likes_per_hour)
def like() -> AnyResponse:
    """Give or withdraw a like."""
    values = body.read_values()
    at = place.page_ref(values)
    place.require_known_origin(at.site)
    comment_id, state = LikeForm(formdata=values).parsed()
    viewer = current_viewer(at.site.id)
    with transaction() as current:
        done = do_like(
            session=current,
            runtime=runtime(),
            site=at.site,
            viewer=viewer,
            page_url=at.url,
            comment_id=comment_id,
            liked=state,
        )
    return _liked_response(at, comment_id, done)


def _liked_response(at: PageRef, comment_id: int | None, done: LikeResult) -> AnyResponse:
    if not wants_json():
        return _lead_back(at, comment_id, done.visitor)
    label = rendered.like_label(done.count, of_page=comment_id is None)
    return jsonify(liked=done.liked, count=done.count, label=label, visitor=done.visitor)


@blueprint.post("/reactions")
@limited(likes_per_hour)
def react() -> AnyResponse:
    """Give or withdraw an emoji reaction."""
    values = body.read_values()
    at = place.page_ref(values)
    place.require_known_origin(at.site)
    comment_id, emoji, state = ReactionForm(formdata=values).parsed()
    viewer = current_viewer(at.site.id)
    with transaction() as current:
        done = do_react(
            session=current,
            runtime=runtime(),
            site=at.site,
            viewer=viewer,
            page_url=at.url,
            comment_id=comment_id,
            emoji=emoji,
            given=state,
        )
    if not wants_json():
        return _lead_back(at, comment_id, done.visitor)
    label = rendered.reaction_label(emoji, done.count)
    return jsonify(given=done.given, count=done.count, label=label, visitor=done.visitor)


@blueprint.get("/form-token", endpoint="form_token")
def new_form_token() -> Response:
    """Serve a form token and an idempotency key, when the reader starts to type."""
    at = place.page_to_write_on(request.args)
    answer = jsonify(token=form_token.issue_token(at), key=secrets.token_urlsafe(18))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/me")
def me() -> Response:
    """Serve the viewer's own data on this page; 401 if the token of the request is not valid."""
    at = place.page_ref(request.args)
    viewer = current_viewer(at.site.id)
    if viewer.author_id is None and viewer.is_guest and visitor_token(at.site.id):
        return make_response(jsonify(error={"code": "unknown", "message": _("Not known.")}), 401)
    page = pages.find(session(), at.site.id, at.url)
    votes, pending = _Votes({}, None, {}), []
    if page is not None and viewer.author_id is not None:
        votes = _Votes(
            *likes.liked_by(session(), page, viewer.author_id),
            reactions.given_by(session(), page, viewer.author_id),
        )
        pending_comments = likes.unpublished_of(session(), page, viewer.author_id)
        pending = [_pending_comment(at, comment) for comment in reversed(pending_comments)]
    answer = jsonify(
        name=viewer.name,
        account=presenters.account_label(at, viewer),
        log_out_url=viewer.log_out_url,
        visitor=_renewed_token(),
        mailable=bool(viewer.email),
        liked=list(votes.likes),
        page_liked=votes.page is not None,
        reactions=[f"{comment_id} {symbol}" for comment_id, symbol in votes.reactions],
        counts=votes.labelled(),
        pending=pending,
        own=own_comments.as_json(own_comments.of_page(at, viewer)),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@dataclass(frozen=True)
class _Votes:
    """What a reader likes on a page, with the numbers that the reader sees.

    Attributes:
        likes: comment id → number of likes.
        page: number of likes of the page, None if the reader does not like it.
        reactions: (comment id, emoji) → number.
    """

    likes: Mapping[int, int]
    page: int | None
    reactions: Mapping[tuple[int, str], int]

    def labelled(self) -> Mapping[str, Mapping[str, object]]:
        """Return name and value of a button → its number and label, as in the answer to a vote."""
        found = {
            f"comment {key}": (n, rendered.like_label(n, of_page=False))
            for key, n in self.likes.items()
        }
        if self.page is not None:
            found["comment "] = (self.page, rendered.like_label(self.page, of_page=True))
        for (key, symbol), n in self.reactions.items():
            found[f"reaction {key} {symbol}"] = (n, rendered.reaction_label(symbol, n))
        return {name: {"count": n, "label": label} for name, (n, label) in found.items()}


def _renewed_token() -> str:
    """Return the token that replaces the request's bearer token, "" if that one is new enough."""
    token = bearer_token()
    if not token:
        return ""
    with transaction() as current:
        return rotate_token.renew(session=current, runtime=runtime(), token=token)


def _pending_comment(at: PageRef, comment: Comment) -> dict[str, object]:
    """Return one of the viewer's own pending comments."""
    view = presenters.comment_view(at, comment, own=True)
    return {"id": comment.id, "parent": comment.parent_id, "html": rendered.posted_html(at, view)}


@blueprint.post("/preview")
@limited(PREVIEWS)
def preview() -> Response:
    """Render a text as a comment would show it; nothing is stored."""
    values = body.read_values()
    at = place.page_ref(values)
    place.require_known_origin(at.site)
    form = PreviewForm(formdata=values)
    return jsonify(html=markdown.render(markdown.normalize_source(form.checked_text())))

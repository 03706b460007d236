"""The public doors for writing, alike for a form and for JSON: comments, likes, what is mine."""

import secrets

from flask import Blueprint, Response, jsonify, make_response, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from comment_service.actions.comments.like import Liked
from comment_service.actions.comments.like import like as do_like
from comment_service.actions.comments.react import react as do_react
from comment_service.actions.comments.submit import Submitted
from comment_service.actions.comments.submit import submit as do_submit
from comment_service.actions.readers import rotate_token
from comment_service.storage.comments import likes, reactions
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import pages
from comment_service.storage.tables import PUBLISHED, Comment
from comment_service.web.comments import own_comments, presenters
from comment_service.web.comments import render as rendered
from comment_service.web.comments.forms import CommentForm, LikeForm, ReactionForm
from comment_service.web.comments.thread_views import outcome
from comment_service.web.http import place
from comment_service.web.http.context import runtime, wants_json
from comment_service.web.http.place import Place
from comment_service.web.http.rate_limits import likes_per_hour, limiter
from comment_service.web.http.viewer import bearer, current_viewer, visitor_token
from comment_service.web.http.visitor_cookie import remember

api = Blueprint("api", __name__)


@api.post("/comments")
def submit() -> AnyResponse:
    """Take a comment."""
    values = place.sent()
    at = place.place(values)
    place.same_origin(at.site)
    viewer = current_viewer(at.site.id)
    form = CommentForm(formdata=values)
    seconds = place.seconds_since_issue(at, form.token.data or "")
    draft = form.draft(at, viewer, seconds)
    _ = draft.html  # rendered here: the transaction is the only writer and shall be short
    with transaction() as current:
        done = do_submit(
            session=current, runtime=runtime(), site=at.site, viewer=viewer, draft=draft
        )
    return _submitted(at, done, notify=bool(draft.notify))


def _submitted(at: Place, done: Submitted, *, notify: bool) -> AnyResponse:
    """Answer with the comment as its author may see it."""
    if not wants_json():
        comment = session().get_one(Comment, done.comment_id)
        published, status = done.status == PUBLISHED, presenters.seen_as(comment, own=True)
        focus = comment.id if published and comment.parent_id else None
        sort = "newest" if published and focus is None else None
        asked = "1" if notify else None
        url = presenters.link(
            at, "thread_page", posted=status, notify=asked, focus=focus, sort=sort
        )
        back = redirect(f"{url}#comment-{done.comment_id}" if published else f"{url}#respond", 303)
        return remember(back, at.site.id, done.visitor)
    comment = session().get_one(Comment, done.comment_id)
    view = presenters.comment_view(at, comment, own=True)
    answer = jsonify(
        id=comment.id,
        status=view.status,
        parent=comment.parent_id,
        html=rendered.posted(at, view),
        message=outcome(view.status, notify=notify),
        visitor=done.visitor,
        own=own_comments.of_comment(comment),
    )
    answer.status_code = 200 if done.repeated else 201
    return answer


@api.post("/likes")
@limiter.limit(likes_per_hour)
def like() -> AnyResponse:
    """Take a like, or its taking back."""
    values = place.sent()
    at = place.place(values)
    place.same_origin(at.site)
    comment_id, wanted = LikeForm(formdata=values).wanted()
    viewer = current_viewer(at.site.id)
    with transaction() as current:
        done = do_like(
            session=current,
            runtime=runtime(),
            site=at.site,
            viewer=viewer,
            page_url=at.url,
            comment_id=comment_id,
            liked=wanted,
        )
    return _liked(at, comment_id, done)


def _liked(at: Place, comment_id: int | None, done: Liked) -> AnyResponse:
    if not wants_json():
        anchor = f"#comment-{comment_id}" if comment_id else "#comments"
        back = redirect(presenters.link(at, "thread_page", focus=comment_id) + anchor, 303)
        return remember(back, at.site.id, done.visitor)
    label = rendered.like_words(done.count, of_page=comment_id is None)
    return jsonify(liked=done.liked, count=done.count, label=label, visitor=done.visitor)


@api.post("/reactions")
@limiter.limit(likes_per_hour)
def react() -> AnyResponse:
    """Take an emoji for a comment, or its taking back."""
    values = place.sent()
    at = place.place(values)
    place.same_origin(at.site)
    comment_id, emoji, wanted = ReactionForm(formdata=values).wanted()
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
            given=wanted,
        )
    if not wants_json():
        url = presenters.link(at, "thread_page", focus=comment_id)
        return remember(redirect(f"{url}#comment-{comment_id}", 303), at.site.id, done.visitor)
    label = rendered.reaction_words(emoji, done.count)
    return jsonify(given=done.given, count=done.count, label=label, visitor=done.visitor)


@api.get("/form-token")
def form_token() -> Response:
    """Give a form its token: asked for when someone begins to write."""
    at = place.place(request.args)
    answer = jsonify(token=place.issue_token(at), key=secrets.token_urlsafe(18))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@api.get("/me")
def me() -> Response:
    """Tell what on this page is the asker's own; 401 where a token is shown that is no good."""
    at = place.place(request.args)
    viewer = current_viewer(at.site.id)
    if viewer.author_id is None and viewer.is_guest and visitor_token(at.site.id):
        return make_response(jsonify(error={"code": "unknown", "message": _("Not known.")}), 401)
    page = pages.find(session(), at.site.id, at.url)
    liked: list[int] = []
    given: list[str] = []
    page_liked, pending = False, []
    if page is not None and viewer.author_id is not None:
        found, page_liked = likes.liked_by(session(), page, viewer.author_id)
        liked = list(found)
        felt = reactions.given_by(session(), page, viewer.author_id)
        given = [f"{comment_id} {emoji}" for comment_id, emoji in felt]
        waiting = likes.waiting_of(session(), page, viewer.author_id)
        pending = [_own(at, comment) for comment in reversed(waiting)]
    answer = jsonify(
        name=viewer.name,
        account=presenters.account_of(at, viewer),
        log_out_url=viewer.log_out_url,
        visitor=_renewed(),
        mailable=bool(viewer.email),
        liked=liked,
        page_liked=page_liked,
        reactions=given,
        pending=pending,
        own=own_comments.told(own_comments.of_page(at, viewer)),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _renewed() -> str:
    """Return the token that follows the one that a script showed, "" while that one is young."""
    token = bearer()
    if not token:
        return ""
    with transaction() as current:
        return rotate_token.renew(session=current, runtime=runtime(), token=token)


def _own(at: Place, comment: Comment) -> dict[str, object]:
    """Return one of the viewer's own comments that waits."""
    view = presenters.comment_view(at, comment, own=True)
    return {"id": comment.id, "parent": comment.parent_id, "html": rendered.posted(at, view)}

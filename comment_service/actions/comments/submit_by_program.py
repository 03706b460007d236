"""A program submits a comment for a person; it is screened like any other."""

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.actions.comments.submit import Draft, SubmitResult, submit
from comment_service.errors import InvalidFields
from comment_service.identity import GUEST, Viewer
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.text import markdown
from comment_service.text.names import MAX_NAME, clean_mailbox, clean_name, clean_website
from comment_service.text.visible import renders_visibly

PROVIDER = "api"
"""Provider of the identities that programs name."""


@dataclass(frozen=True)
class ProgramComment:
    """A comment as a program sends it; empty values are unknown.

    ``author_id`` is the program's own id of the person: who has one is no guest. ``network`` is the
    keyed hash of the person's network.
    """

    page_url: str
    page_title: str
    text: str
    name: str
    email: str = ""
    url: str = ""
    author_id: str = ""
    network: str = ""
    parent_id: int | None = None


def draft_of(runtime: Runtime, key_id: int, sent: ProgramComment, idempotency_key: str) -> Draft:
    """Return the draft of a program's comment; call it before the transaction, it renders the text.

    Args:
        runtime: the app's state.
        key_id: of the program's key.
        sent: the comment.
        idempotency_key: what the program named this call, "" for a call that is never repeated.

    Raises:
        InvalidFields: with the errors of each field.
    """
    problems: dict[str, list[str]] = {}
    text, limit = markdown.normalize_source(sent.text), runtime.settings.max_length
    if not renders_visibly(text) or len(text) > limit:
        problems["text"] = [f"Write something, of up to {limit} characters."]
    name, email, url = clean_name(sent.name), clean_mailbox(sent.email), clean_website(sent.url)
    if not 0 < len(name) <= MAX_NAME:
        problems["author.name"] = [f"Give a name of up to {MAX_NAME} characters."]
    if sent.email and not email:
        problems["author.email"] = ["Enter an address like name@example.org, or leave it empty."]
    if sent.url and not url:
        problems["author.url"] = ["Enter an address like https://example.org, or leave it empty."]
    if problems:
        raise InvalidFields(problems)
    return Draft(
        page_url=sent.page_url,
        page_title=sent.page_title,
        title_is_own=True,
        text=text,
        key=_key(key_id, idempotency_key),
        name=name,
        email=email,
        url=url,
        parent_id=sent.parent_id,
    )


def _key(key_id: int, name: str) -> str:
    """Return a key that no form and no other program can send."""
    token = hashlib.sha256(name.encode()).hexdigest()[:32] if name else secrets.token_hex(16)
    return f"api.{key_id}.{token}"[:64]


def submit_by_program(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    key_id: int,
    sent: ProgramComment,
    draft: Draft,
) -> SubmitResult:
    """Store a program's comment with its verdict; a repeated key returns the first result.

    Raises:
        errors.Refusal: page closed, parent gone, rate limit exceeded, duplicate, key reused.
    """
    viewer = Viewer(
        provider=PROVIDER if sent.author_id else GUEST,
        subject=f"{key_id} {sent.author_id}" if sent.author_id else "",
        name=draft.name,
        email=draft.email,
        url=draft.url,
        network=sent.network,
    )
    return submit(session=session, runtime=runtime, site=site, viewer=viewer, draft=draft)

"""Count a submission's context for the classifier: author history, copies, linked domains, form.

The names are those in ``CONTEXT_FEATURES`` (``spam/context.py``); a missing name has no weight.
"""

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening import campaigns
from comment_service.screening.repeats import MIN_LENGTH, text_hash
from comment_service.screening.submission import Submission
from comment_service.storage.comments import author_history
from comment_service.storage.filter import context
from comment_service.storage.tables import PUBLISHED, SPAM
from comment_service.text import links
from comment_service.text.scripts import dominant_script

_MAX_DOMAINS = 5
_PAGE_CHARS = 10_000


def add_context(session: Session, runtime: Runtime, submission: Submission) -> Submission:
    """Return the submission with its context: campaign, earlier copies, thread text and counts."""
    found = submission.with_context(campaign=campaigns.find_campaign(session, runtime, submission))
    same = author_history.same_text(session, found.site_id, text_hash(runtime, found))
    found = found.with_context(earlier=[c for c in same if c.id != found.comment_id])
    texts = context.thread_texts(
        session, submission.page_id, submission.parent_id, submission.comment_id
    )
    known = {
        **_author(session, found),
        **_campaign(session, found),
        **_domains(session, found),
        **_form(found),
        "other_pages": _other_pages(found),
        "other_script": _other_script(session, found),
    }
    page_text = submission.page_text or "\n".join(texts)  # other programs send what they have
    return found.with_context(page_text=page_text[:_PAGE_CHARS], known=known)


def _author(session: Session, submission: Submission) -> dict[str, float]:
    author_id = None if submission.author_is_new else submission.author_id
    counts = context.author_counts(session, author_id, submission.comment_id)
    found: dict[str, float] = {
        "author_published": counts.get(PUBLISHED, 0),
        "author_spam": counts.get(SPAM, 0),
    }
    if submission.url and submission.name:
        websites = context.websites_of(session, submission.site_id, submission.name)
        found["name_websites"] = len({links.domain(url) for url in [*websites, submission.url]})
    return found


def _campaign(session: Session, submission: Submission) -> dict[str, float]:
    counts = context.campaign_counts(
        session, submission.site_id, submission.campaign, submission.comment_id
    )
    return {"campaign_honest": counts.get(PUBLISHED, 0), "campaign_spam": counts.get(SPAM, 0)}


def _domains(session: Session, submission: Submission) -> dict[str, float]:
    """Return the counts of the linked domain with the largest surplus of spam."""
    found = [
        context.domain_counts(session, submission.site_id, domain, submission.comment_id)
        for domain in sorted(submission.domains)[:_MAX_DOMAINS]
    ]
    if not found:
        return {}
    worst = max(found, key=lambda counts: counts.get(SPAM, 0) - counts.get(PUBLISHED, 0))
    return {"domain_honest": worst.get(PUBLISHED, 0), "domain_spam": worst.get(SPAM, 0)}


def _form(submission: Submission) -> dict[str, float]:
    found: dict[str, float] = {"honeypot": 1 if submission.honeypot else 0}
    if submission.seconds is not None:
        found["seconds"] = submission.seconds
    return found


def _other_pages(submission: Submission) -> int:
    if len(submission.key) < MIN_LENGTH:
        return 0
    return len({comment.page_id for comment in submission.earlier} - {submission.page_id})


def _other_script(session: Session, submission: Submission) -> int:
    """Return 1 if the script differs from that of page title and published comments, else 0."""
    own, page = dominant_script(submission.text), dominant_script(submission.page_title)
    if not own or not page or own == page:
        return 0
    texts = context.public_texts(session, submission.site_id, submission.comment_id)
    public = (dominant_script(text) for text in texts)
    return int(own not in public)

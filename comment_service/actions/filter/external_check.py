"""Another program asks whether a text is spam, and later says what it was.

The text is judged by the site's model, blocklists and known campaigns. What a program reports is a
label in quarantine: it counts once people judged ``MIN_COMPARED`` of the key's reports and agreed
with ``MIN_AGREED`` of them, and until they agree with fewer than ``MIN_KEPT``.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.errors import DoesNotExist, FilterUnavailable
from comment_service.runtime import Runtime
from comment_service.screening import TEXT_CHECKS, Submission, Verdict, screen
from comment_service.screening.context import add_context
from comment_service.screening.repeats import text_hash
from comment_service.storage import tables as t
from comment_service.storage.admin import rules
from comment_service.storage.filter import external_checks
from comment_service.storage.filter.labels import API, DECISION
from comment_service.text import markdown
from comment_service.text.sentences import staff_sentence

SPAM, HAM = "spam", "ham"
KEPT = timedelta(days=90)
"""How long texts of other programs are kept; labels made of them stay."""
MIN_COMPARED = 10
MIN_AGREED = 0.9
MIN_KEPT = 0.8
MAX_BLOG = 500
"""Characters of a blog's address by which calls are counted."""
MAX_TEXT = 50_000
"""Characters of a text that are looked at and kept."""


@dataclass(frozen=True)
class SentText:
    """A text as another program sends it; every value may be empty."""

    blog: str
    text: str
    kind: str = ""  # such as "comment", "contact-form"
    author: str = ""
    email: str = ""
    url: str = ""
    permalink: str = ""
    lang: str = ""
    network: str = ""  # the keyed hash of its author's network
    honeypot: str = ""
    page_text: str = ""  # what it answers or stands below


@dataclass(frozen=True)
class Answer:
    """Whether a text is spam; ``blatant`` spam can be dropped without a look."""

    spam: bool
    blatant: bool = False
    guid: str = field(default_factory=lambda: secrets.token_hex(16))


def judge(*, session: Session, runtime: Runtime, site: t.Site, sent: SentText) -> Verdict:
    """Return what the site's filter says about a text; nothing is stored.

    Raises:
        FilterUnavailable: the site has no model that works.
    """
    submission = add_context(session, runtime, _submission(runtime, site, sent))
    verdict = screen(session, runtime, submission, TEXT_CHECKS)
    if any(finding.name == "no_model" for finding in verdict.findings):
        raise FilterUnavailable("The spam filter does not work at the moment; try again later.")
    return verdict


def check(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    key: t.ApiKey,
    sent: SentText,
    store: bool = True,
) -> Answer:
    """Judge a text; ``store`` False leaves no trace but the count.

    Raises:
        FilterUnavailable: the site has no model that works.
    """
    verdict = judge(session=session, runtime=runtime, site=site, sent=sent)
    hashed = _hash(runtime, sent)
    known = external_checks.judgement(session, site.id, hashed)
    spam = known == SPAM or (known != HAM and verdict.status != t.PUBLISHED)
    answer = Answer(spam, blatant=spam and (known == SPAM or verdict.status == t.SPAM))
    external_checks.count(session, key.id, _month(runtime), sent.blog, SPAM if spam else HAM)
    if store:
        row = _row(runtime, site, key, sent, hashed)
        row.guid, row.answer = answer.guid, SPAM if spam else HAM
        _set_verdict(row, verdict, known)
        session.add(row)
    return answer


def _set_verdict(row: t.ExternalCheck, verdict: Verdict, known: str) -> None:
    row.score, row.model, row.reasons = verdict.score, verdict.model, list(verdict.reasons())
    if known:
        spam = staff_sentence("The same text was judged spam before")
        honest = staff_sentence("The same text was judged not spam before")
        sentence = spam if known == SPAM else honest
        row.reasons = [
            {"name": "judged", "sentence": sentence, "weight": 0.0, "status": ""},
            *row.reasons,
        ]


def _text(sent: SentText) -> str:
    return markdown.normalize_source(sent.text[:MAX_TEXT])


def _hash(runtime: Runtime, sent: SentText) -> str:
    return text_hash(runtime, Submission(text=_text(sent)))


def _submission(runtime: Runtime, site: t.Site, sent: SentText) -> Submission:
    text = _text(sent)
    return Submission(
        text=text,
        html=markdown.render(text),
        name=sent.author,
        email=sent.email,
        url=sent.url,
        site_id=site.id,
        network=sent.network,
        honeypot=sent.honeypot,
        lang=sent.lang,
        page_text=sent.page_text[:MAX_TEXT],
        rules=rules.of_site(runtime.settings, site),
    )


def _row(
    runtime: Runtime, site: t.Site, key: t.ApiKey, sent: SentText, hashed: str
) -> t.ExternalCheck:
    return t.ExternalCheck(
        site_id=site.id,
        key_id=key.id,
        guid=secrets.token_hex(16),
        kind=sent.kind[:40],
        blog=sent.blog[:MAX_BLOG],
        permalink=sent.permalink[:2000],
        author=sent.author[:200],
        email=sent.email[:320],
        url=sent.url[:2000],
        text=sent.text[:MAX_TEXT],
        text_hash=hashed,
        network=sent.network,
        answer="",
        created_at=runtime.now(),
    )


def _month(runtime: Runtime) -> str:
    return runtime.now().strftime("%Y-%m")


def report(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    key: t.ApiKey,
    sent: SentText,
    spam: bool,
) -> None:
    """Store what a program says a text was; the newest report counts. Idempotent."""
    hashed = _hash(runtime, sent)
    row = external_checks.find_same(session, site.id, key.id, hashed)
    if row is None:
        row = _row(runtime, site, key, sent, hashed)
        session.add(row)
        session.flush()
    said = SPAM if spam else HAM
    if row.reported == said:
        return
    row.reported, row.reported_at = said, runtime.now()
    if row.answer and row.answer != said:
        counter = "missed_spam" if spam else "false_positives"
        external_checks.count_report(session, key.id, _month(runtime), row.blog, counter)
    _withdraw(session, runtime, row.report_label_id)
    row.report_label_id = _new_label(session, runtime, row, said, source=API, actor=key.actor)
    _settle_trust(session, runtime, row.key)


def decide(
    *, session: Session, runtime: Runtime, site: t.Site, check_id: int, spam: bool, actor: str
) -> t.ExternalCheck:
    """Store a person's judgement of a text, as a label. Idempotent.

    Raises:
        DoesNotExist: the site has no such check.
    """
    row = external_checks.load(session, check_id)
    if row is None or row.site_id != site.id:
        raise DoesNotExist("There is no such text any more; texts are kept for 90 days.")
    said = SPAM if spam else HAM
    if row.decided != said:
        row.decided, row.decided_by, row.decided_at = said, actor, runtime.now()
        _withdraw(session, runtime, row.decision_label_id)
        row.decision_label_id = _new_label(
            session, runtime, row, said, source=DECISION, actor=actor
        )
        _settle_trust(session, runtime, row.key)
    return row


def _new_label(
    session: Session, runtime: Runtime, row: t.ExternalCheck, said: str, *, source: str, actor: str
) -> int:
    label = t.Label(site_id=row.site_id, label=said, text=row.text, author=row.author)
    label.email, label.url, label.source, label.actor = row.email, row.url, source, actor
    label.weight, label.created_at = 1.0, runtime.now()
    session.add(label)
    session.flush()
    return label.id


def _withdraw(session: Session, runtime: Runtime, label_id: int | None) -> None:
    label = session.get(t.Label, label_id) if label_id is not None else None
    if label is not None:
        label.withdrawn_at = runtime.now()


def _settle_trust(session: Session, runtime: Runtime, key: t.ApiKey) -> None:
    """Release a key's labels from quarantine, or put them back, by its agreement with people."""
    session.flush()
    both, same = external_checks.agreement(session, key.id)
    if both < MIN_COMPARED:
        return
    if key.trusted_at is None and same >= MIN_AGREED * both:
        key.trusted_at = runtime.now()
    elif key.trusted_at is not None and same < MIN_KEPT * both:
        key.trusted_at = None

"""Remove guards from a copy of the package and report which removals the tests do not notice.

Run ``python -m tests.mutants``. Each mutant changes one place of one file; the tests named with it
run on the changed copy and one of them must fail. The exit status is the number of survivors, and
of mutants whose text is no longer in the file.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TWO = "tests/storage/test_two_of_everything.py"
SWEEP = "tests/notify/test_sweep.py"
COPIED = ("comment_service", "migrations", "models", "tests", "pyproject.toml", "README.md", "docs")


@dataclass(frozen=True)
class Mutant:
    """A change of the package, and the tests that must notice it."""

    file: str
    text: str
    changed: str
    tests: str
    equivalent: str = ""  # why no test can notice it


MUTANTS = (
    Mutant(
        "storage/comments/author_history.py",
        'Comment.site_id == bindparam("site_id"), Comment.text_hash',
        'Comment.site_id > bindparam("site_id") - 1000, Comment.text_hash',
        TWO,
    ),
    Mutant(
        "storage/readers/subscriptions.py",
        "Subscription.site_id == row.site_id, Subscription.address == row.address",
        "(Subscription.address == row.address,)",
        TWO,
    ),
    Mutant(
        "storage/readers/subscriptions.py",
        "delete(Subscription).where(of_site, whose)",
        "delete(Subscription).where(whose)",
        TWO,
    ),
    Mutant(
        "storage/readers/subscriptions.py",
        "        Subscription.address.not_in(own),\n",
        "",
        TWO,
    ),
    Mutant(
        "storage/readers/subscriptions.py",
        "Subscription.author_id != comment.author_id),\n",
        "Subscription.author_id.is_not(None)),\n",
        TWO,
    ),
    Mutant(
        "storage/readers/subscriptions.py",
        "        Subscription.page_id == comment.page_id,\n        Subscription.id > after,\n",
        "        Subscription.id > after,\n",
        TWO,
    ),
    Mutant(
        "storage/readers/subscriptions.py",
        "and_(Subscription.site_id == author.site_id, whose)",
        "whose",
        TWO,
    ),
    Mutant(
        "storage/filter/context.py",
        "LinkedDomain.site_id == _SITE, LinkedDomain.domain",
        "LinkedDomain.site_id > _SITE - 1000, LinkedDomain.domain",
        TWO,
    ),
    Mutant(
        "storage/filter/labels.py",
        "select(func.max(Label.id)).where(Label.site_id == site_id)",
        "select(func.max(Label.id))",
        TWO,
    ),
    Mutant(
        "storage/filter/labels.py",
        "        .order_by(Label.id)\n",
        "",
        "tests/storage/filter",
    ),
    Mutant(
        "storage/admin/people.py",
        "mine = (Session.id == session_id, Session.moderator_id == moderator_id)",
        "mine = (Session.id == session_id,)",
        TWO,
    ),
    Mutant(
        "storage/comments/counts.py",
        "    query = query.where(Comment.status == PUBLISHED).options(joinedload(Comment.page))",
        "    query = query.options(joinedload(Comment.page))",
        TWO,
    ),
    Mutant(
        "storage/comments/counts.py",
        "where(answered.author_id == author_id, Comment.author_id != author_id)",
        "where(answered.author_id == author_id)",
        TWO,
    ),
    Mutant(
        "storage/comments/likes.py",
        'where(Author.name != "", ~author_history.blocked(now))',
        'where(Author.name != "")',
        TWO,
    ),
    Mutant(
        "storage/comments/likes.py",
        "seen)\n    query = query.join(Comment, Comment.id == CommentLike.comment_id)\n"
        "    mine = query.where(Comment.page_id == page.id, ",
        "seen)\n    query = query.join(Comment, Comment.id == CommentLike.comment_id)\n"
        "    mine = query.where(",
        TWO,
    ),
    Mutant("storage/db/outbox.py", "OutboxRow.kind.in_(kinds), ", "", TWO),
    Mutant("storage/db/outbox.py", ", OutboxRow.id < newest\n", "\n", TWO),
    Mutant(
        "storage/db/session.py",
        "    except BaseException:\n        current.rollback()\n        raise\n",
        "    except BaseException:\n        current.rollback()\n"
        "        events.deliver(current.info.pop(_ANNOUNCED), wait=current_app.testing)\n"
        "        raise\n",
        "tests/test_events.py tests/storage/db",
    ),
    Mutant(
        "web/http/viewer.py",
        "return runtime().now() - identity.used_at < ROLE_LIFETIME",
        "return True",
        "tests/web/readers/test_sso.py",
    ),
    Mutant(
        "web/comments/thread_views.py",
        "    _require_visible_likers(at, thread)\n",
        "",
        "tests/web/http/test_headers.py",
    ),
    Mutant(
        "web/comments/thread_views.py",
        "rights.rights_of(session(), moderator.id).moderates(at.site.id) if moderator else False",
        "bool(moderator)",
        "tests/web/http/test_headers.py",
    ),
    Mutant(
        "actions/comments/submit.py",
        "is_here = parent is not None and parent.page_id == page.id",
        "is_here = parent is not None",
        "tests/actions/comments/test_submit.py",
    ),
    Mutant(
        "actions/comments/submit.py",
        " or not own.is_public_to(parent, viewer.author_id)",
        "",
        "tests/actions/comments/test_submit.py",
    ),
    Mutant(
        "actions/comments/submit.py",
        '        serialise(session, f"network {viewer.network}")\n',
        "        pass\n",
        "tests/actions/comments/test_submit.py",
    ),
    Mutant(
        "actions/comments/submit.py",
        '    serialise(session, f"key {site.id} {draft.key}")\n',
        "",
        "tests/actions/comments/test_submit.py",
    ),
    Mutant(
        "actions/comments/resolve_author.py",
        "    if comment.status == PUBLISHED:\n        author.name",
        "    if True:\n        author.name",
        "tests/actions/comments/test_public_names.py",
    ),
    Mutant(
        "actions/comments/resolve_author.py",
        "    elif not author_history.has_published(session, author.id):",
        "    else:",
        "tests/actions/comments/test_public_names.py",
    ),
    Mutant(
        "notify/moderator_mail.py",
        "        if not rights.rights_of(current, person.id).moderates(comment.site_id):\n"
        '            return None, ""\n',
        "",
        "tests/notify/test_moderator_mail.py",
    ),
    Mutant(
        "notify/moderator_mail.py",
        "person and person.left_at is None and person.held_mail",
        "person and person.held_mail",
        "tests/notify/test_moderator_mail.py",
    ),
    Mutant(
        "notify/expiry.py",
        "yield lambda db, limit: author_history.forget_networks(db, before, limit)\\n",
        "pass\\n",
        SWEEP,
    ),
    Mutant(
        "notify/expiry.py",
        "yield lambda db, limit: subscriptions.forget_networks(db, before, limit)\\n",
        "pass\\n",
        SWEEP,
    ),
    Mutant(
        "notify/expiry.py",
        "yield lambda db, limit: reports.forget_networks(db, before, limit)\\n",
        "pass\\n",
        SWEEP,
    ),
    Mutant(
        "notify/expiry.py",
        "yield lambda db, limit: people.delete_expired(db, now, limit)\\n",
        "pass\\n",
        SWEEP,
    ),
    Mutant(
        "notify/expiry.py",
        "yield lambda db, limit: accounts.delete_expired_sign_ins(db, now, limit)\\n",
        "pass\\n",
        SWEEP,
    ),
    Mutant(
        "notify/expiry.py",
        "yield lambda db, limit: login_failures.delete_expired(db, now, limit)\\n",
        "pass\\n",
        SWEEP,
    ),
    Mutant(
        "notify/expiry.py",
        "yield lambda db, limit: subscriptions.delete_expired(db, now, limit)\\n",
        "pass\\n",
        SWEEP,
    ),
    Mutant(
        "spam/training/promotion.py",
        "    if canary.candidate_held > canary.champion_held + MAX_CANARY_HELD:",
        "    if False:",
        "tests/spam/test_promotion.py",
    ),
    Mutant(
        "spam/training/promotion.py",
        "    if _is_worse(recent):",
        "    if False:",
        "tests/spam/test_promotion.py",
    ),
    Mutant(
        "spam/training/promotion.py",
        "    if _is_worse(earlier) and ",
        "    if False and ",
        "tests/spam/test_promotion.py",
    ),
    Mutant(
        "screening/repeats.py",
        " and comment.status != DELETED",
        "",
        "tests/screening tests/actions/comments tests/web/comments",
        "deleting wipes the hash by which earlier texts are found",
    ),
    Mutant(
        "screening/repeats.py",
        "here = comment.page_id == submission.page_id and ",
        "here = ",
        "tests/screening tests/actions/comments tests/web/comments",
    ),
    Mutant(
        "screening/repeats.py",
        "    return known and comment.name == submission.name",
        "    return known",
        "tests/screening tests/actions/comments tests/web/comments",
    ),
    Mutant(
        "screening/repeats.py",
        "    if spam and not any(comment.status == PUBLISHED for comment in earlier):",
        "    if spam:",
        "tests/screening tests/actions/comments tests/web/comments",
    ),
    Mutant(
        "screening/repeats.py",
        " - {submission.page_id}",
        "",
        "tests/screening tests/actions/comments tests/web/comments",
    ),
)


def main() -> int:
    """Run all mutants, or those whose file contains the first argument."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            ignore = shutil.ignore_patterns("__pycache__")
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=ignore)
            else:
                shutil.copy(source, copy / name)
        chosen = [mutant for mutant in MUTANTS if wanted in mutant.file]
        for mutant in chosen:
            outcome = "equal" if mutant.equivalent else _run(copy, mutant)
            survivors += outcome not in {"killed", "equal"}
            print(f"{outcome:8} {mutant.file}: {' '.join(mutant.text.split())[:70]}", flush=True)
    print(f"{len(chosen)} mutants, {survivors} not killed")
    return min(survivors, 100)


def _run(copy: Path, mutant: Mutant) -> str:
    path = copy / "comment_service" / mutant.file
    original = path.read_text()
    if original.count(mutant.text) != 1:
        return f"found {original.count(mutant.text)} times"
    path.write_text(original.replace(mutant.text, mutant.changed))
    try:
        workers = "0" if mutant.tests == TWO else "2"
        tests = [*mutant.tests.split(), "-x", "-q", "-n", workers, "-p", "no:cacheprovider"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *tests],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            capture_output=True,
            check=False,
        )
    finally:
        path.write_text(original)
    if done.returncode == 0:
        return "SURVIVED"
    return "killed" if b"\nFAILED " in done.stdout else f"error {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())

"""Import a large generated export: time, peak memory, and the same result after ``kill -9``.

``python -m benchmarks.import_large [--comments 50000] [--format wxr|disqus]`` writes an export with
threads, spam and replies before their parents, and imports it with the command line in processes of
their own: once in one go, and once into another database where the process is killed at three
points and started again. Both databases must have the same digest; the peak memory must stay below
300 MB.
"""

import argparse
import hashlib
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.transfer.exports import disqus_post, disqus_thread, wxr_comment

MEGABYTE = 1_000_000
BOUND = 300
PER_PAGE = 200
WORDS = [
    "boat",
    "knot",
    "wind",
    "harbour",
    "sail",
    "rope",
    "winter",
    "map",
    "anchor",
    "rudder",
    "deck",
    "crew",
    "storm",
]
COLUMNS = (
    "id, page_id, author_id, parent_id, root_id, depth, status, shown, name, email, text, html, "
    "campaign_id, like_count, reply_count, created_at, fragment"
)
KILLED_AT = (0.15, 0.45, 0.8)


def texts(number: int) -> Iterator[tuple[int, int, str, int, bool]]:
    """Yield (page, id, text, parent, spam); every fifth comment answers one that comes later."""
    random = Random(4)  # noqa: S311 - the same export every time
    for key in range(1, number + 1):
        page = (key - 1) // PER_PAGE
        last = min((page + 1) * PER_PAGE, number)
        parent = random.randint(key + 1, last) if key % 5 == 0 and key < last else 0
        said = " ".join(random.choices(WORDS, k=random.randint(5, 60)))
        yield page, key, f"{said} <b>{key}</b>\nand &amp; more", parent, key % 20 == 0


def moment(key: int) -> str:
    """Return the time of a comment."""
    seconds = 1_500_000_000 + (key * 7919) % 200_000_000
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def write(path: Path, kind: str, number: int) -> None:
    """Write an export."""
    with path.open("w", encoding="utf-8") as file:
        if kind == "wxr":
            file.write(
                '<?xml version="1.0"?><rss version="2.0" '
                'xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
            )
        else:
            file.write(
                '<?xml version="1.0"?><disqus xmlns="http://disqus.com" '
                'xmlns:dsq="http://disqus.com/disqus-internals">'
            )
        current = -1
        for page, key, text, parent, spam in texts(number):
            if page != current:
                file.write(_page(kind, page, opened=current >= 0))
                current = page
            author = f"Reader {key % (number // 4 + 1)}"
            if kind == "wxr":
                file.write(
                    wxr_comment(
                        key, text, parent=parent, approved="spam" if spam else "1", author=author,
                        author_email=f"r{key % (number // 4 + 1)}@x.example", date_gmt=moment(key),
                    )
                )  # fmt: skip
            else:
                when = moment(key).replace(" ", "T") + "Z"
                file.write(
                    disqus_post(
                        key, text, thread=page, parent=parent or "", spam=spam, name=author,
                        email=None, when=when,
                    )
                )  # fmt: skip
        file.write("</item></channel></rss>" if kind == "wxr" else "</disqus>")


def _page(kind: str, page: int, *, opened: bool) -> str:
    if kind == "disqus":
        return disqus_thread(page, f"https://blog.example/{page}/")
    before = "</item>" if opened else ""
    link = f"<link>https://blog.example/{page}/</link>"
    return f"{before}<item><title>Post {page}</title>{link}<wp:post_id>{page}</wp:post_id>"


def start(folder: Path, path: Path) -> "subprocess.Popen[bytes]":
    """Start the command in a process of its own."""
    env = {
        **os.environ, "COMMENTS_FOLDER": str(folder), "COMMENTS_ALLOW_VOLATILE": "1",
        "COMMENTS_ORIGINS": "https://blog.example", "COMMENTS_SECRET_KEY": "benchmark",
    }  # fmt: skip
    command = [sys.executable, "-m", "comment_service", "import", str(path)]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)


def stored(folder: Path) -> int:
    """Return how many comments a database has."""
    file = folder / "comments.sqlite3"
    if not file.exists():
        return 0
    try:
        base = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=60)
        try:
            return int(base.execute("SELECT count(*) FROM comments_comments").fetchone()[0])
        finally:
            base.close()
    except sqlite3.OperationalError:  # not created yet
        return 0


def digest(folder: Path) -> str:
    """Return a hash of all imported comments, with their places, labels and sources."""
    found = hashlib.sha256()
    base = sqlite3.connect(f"file:{folder / 'comments.sqlite3'}?mode=ro", uri=True)
    for query in (
        f"SELECT {COLUMNS} FROM comments_comments ORDER BY id",  # noqa: S608 - our own names
        "SELECT url, comment_count FROM comments_pages ORDER BY id",
        "SELECT comment_id, label, text, weight FROM comments_labels ORDER BY comment_id",
        "SELECT source, source_id, comment_id FROM comments_imported_comments ORDER BY comment_id",
    ):
        for row in base.execute(query):
            found.update(repr(row).encode())
    base.close()
    return found.hexdigest()


def whole(folder: Path, path: Path) -> tuple[float, float, float]:
    """Import in one go; return seconds, seconds of CPU, and the peak memory in megabytes."""
    before = time.monotonic()
    process = start(folder, path)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, "the import failed"
    factor = 1 if sys.platform == "darwin" else 1024
    cpu = usage.ru_utime + usage.ru_stime
    return time.monotonic() - before, cpu, usage.ru_maxrss * factor / MEGABYTE


def killed(folder: Path, path: Path, number: int) -> None:
    """Import with three kills."""
    for share in KILLED_AT:
        process = start(folder, path)
        while process.poll() is None and stored(folder) < share * number:
            time.sleep(max(0.02, number / 1_000_000))  # counting reads the whole table
        process.send_signal(signal.SIGKILL)
        process.wait()
        print(f"killed at {stored(folder):,} comments")
    process = start(folder, path)
    assert process.wait() == 0, "the last run failed"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=50_000)
    parser.add_argument("--format", choices=("wxr", "disqus"), default="wxr")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        path = root / f"large.{asked.format}.xml"
        write(path, asked.format, asked.comments)
        print(f"{asked.format}: {asked.comments:,} comments, {path.stat().st_size:,} bytes")
        seconds, cpu, megabytes = whole(root / "whole", path)
        each = 1000 * cpu / asked.comments
        print(f"{seconds:.1f} s, {cpu:.1f} s of CPU ({each:.2f} ms each), peak {megabytes:.0f} MB")
        assert megabytes < BOUND, "too much memory"
        assert stored(root / "whole") == asked.comments
        killed(root / "killed", path, asked.comments)
        same = digest(root / "whole") == digest(root / "killed")
        print("the same digest after three kills" if same else "the digests differ")
        assert same
    print(f"peak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()

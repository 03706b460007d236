"""Measure reads and posts of a running server, beside a bare WSGI application and nginx.

    python benchmarks/performance.py [COMMENTS] [ROUNDS] [--write docs/performance.md]
    python benchmarks/performance.py COMMENTS --posts [--seconds 300] [--databases sqlite]

Builds a site with many comments, starts the service on granian and on waitress, a WSGI application
that answers the same bytes without any work on the same servers, and nginx with the bytes as a
file. Every round measures every line once, one after another, so that a busy machine disturbs all
alike. Prints medians of requests per second and of the server's CPU time per request, and the ratio
to the bare application on the same server; then posts beside reads. Isso, installed from the
package index, answers and stores the same comments beside them.
"""

import argparse
import contextlib
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from sqlalchemy import func, insert, select

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import crowded_site, isso_server
from benchmarks.load import measure, response_length
from benchmarks.load_posts import ORIGIN, Posting, post_beside_reads
from comment_service.app import create_app, prepare
from comment_service.cli.serve import free_port
from comment_service.storage.db.load import continue_ids
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment, Page
from comment_service.storage.tables.base import Base
from tests import postgres
from tests.people import ruled

SECONDS = 2.0
NGINX = "nginx, the same bytes"
WARM_UP = 3.0
"""Seconds of posts before those that are measured."""
THREADS_OF = (20, 2_000, 20_000)
BARE = """
BODY = open({file!r}, "rb").read()
HEADERS = [("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "br"),
           ("Content-Length", str(len(BODY))), ("ETag", '"bare"')]
def app(environ, start_response):
    start_response("200 OK", list(HEADERS))
    return [BODY]
"""


@dataclass
class Server:
    """A running server."""

    name: str
    port: int
    process: "subprocess.Popen[bytes]"

    def cpu_seconds(self) -> float:
        """Return the CPU time of the process and its children so far."""
        ticks = sum(_ticks(pid) for pid in _family(self.process.pid))
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_megabytes(self) -> float:
        """Return the resident memory of the process that answers (the last child, or itself)."""
        status = Path(f"/proc/{_family(self.process.pid)[-1]}/status").read_text("utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@dataclass
class Line:
    """One line of the table."""

    name: str
    server: Server
    request: bytes
    bare: str = ""  # the line to compare with
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Measure once."""
        before = self.server.cpu_seconds()
        rate = measure(self.server.port, self.request, SECONDS)
        self.rates.append(rate)
        self.costs.append(1e6 * (self.server.cpu_seconds() - before) / (rate * SECONDS))


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    except OSError:
        children = []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def settings(folder: Path, database: str = "") -> dict[str, str]:
    """Return the environment of the service; ``database`` is a URL, "" for SQLite in the folder."""
    keys = {key: value for key, value in os.environ.items() if not key.startswith("COMMENTS_")}
    if database:
        keys["COMMENTS_DATABASE_URL"] = database
    return keys | {
        "COMMENTS_FOLDER": str(folder / "data"), "COMMENTS_ALLOW_VOLATILE": "1",
        "COMMENTS_ORIGINS": ORIGIN, "COMMENTS_MIN_SECONDS": "0", "COMMENTS_WORKER": "0",
        "COMMENTS_TRUSTED_PROXIES": "127.0.0.1", "COMMENTS_RATE_MINUTE": "1000000",
        "COMMENTS_RATE_HOUR": "1000000",
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }  # fmt: skip


def config(folder: Path, database: str = "") -> dict[str, str]:
    """Return the settings of the service alone."""
    found = settings(folder, database)
    return {key: value for key, value in found.items() if key.startswith("COMMENTS_")}


def build(folder: Path, comments: int, database: str = "") -> None:
    """Fill the database: a large site, and threads of some sizes."""
    (folder / "data").mkdir(mode=0o700)
    app = create_app(config(folder, database))
    prepare(app)
    crowded_site.build(app, comments, comments // 10)
    ruled(app, burst_comments=0)
    core = Base.metadata.tables[Comment.__tablename__]
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        for size in THREADS_OF:
            page = Page(site_id=1, url=f"{ORIGIN}/of-{size}", title="A post", created_at=now)
            current.add(page)
            current.flush()
            first = (current.scalar(select(func.max(Comment.id))) or 0) + 1
            rows = [
                {"id": n, "site_id": 1, "page_id": page.id, "author_id": 1 + n % 100, "root_id": n,
                 "status": "published", "shown": True, "name": f"Reader {n}", "text": TEXT,
                 "html": f"<p>{TEXT}</p>", "text_hash": f"{n:032x}", "created_at": now,
                 "idempotency_key": f"bench-{n}", "network": f"{n % 500:032x}", "campaign_id": n}
                for n in range(first, first + size)
            ]  # fmt: skip
            current.connection().execute(insert(core), rows)
            page.revision += 1
        current.flush()
        continue_ids(current.connection())


TEXT = (
    "The second knot holds better than the first when the rope is wet, as I found last winter. " * 2
)


def query(path: str, accept: str = "br", **values: Any) -> bytes:
    """Return a GET request as a browser behind a proxy sends it."""
    pairs = urlencode({"site": "default", **values}, doseq=True)
    return (
        f"GET {path}?{pairs} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {accept}\r\n"
        f"Accept-Language: en\r\nOrigin: {ORIGIN}\r\nUser-Agent: benchmark\r\n\r\n"
    ).encode()


def with_etag(port: int, request: bytes) -> bytes:
    """Return a request that is answered with 304."""
    _length, head = response_length(port, request)
    tag = next(
        line.partition(b":")[2].strip()
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"etag:")
    )
    return request[:-2] + b"If-None-Match: " + tag + b"\r\n\r\n"


@contextlib.contextmanager
def started(name: str, command: Sequence[str], port: int, **more: Any) -> Iterator[Server]:
    """Run a server until the block ends."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, **more)
        deadline = time.monotonic() + 90
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise SystemExit(f"{name} did not start:\n{log.read().decode()}")
            time.sleep(0.2)
        try:
            yield Server(name, port, process)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def serve(
    folder: Path, server: str, workers: int = 1, database: str = ""
) -> contextlib.AbstractContextManager[Server]:
    """Run the service."""
    port = free_port("127.0.0.1")
    command = [sys.executable, "-m", "comment_service", "serve", "--port", str(port)]
    command += ["--server", server, "--workers", str(workers)]
    env = settings(folder, database)
    return started(f"service on {server}, {workers}", command, port, env=env)


def bare(folder: Path, server: str, workers: int = 1) -> contextlib.AbstractContextManager[Server]:
    """Run the application that does nothing."""
    port = free_port("127.0.0.1")
    bin_folder = Path(sys.executable).parent
    commands = {
        "granian": [f"{bin_folder}/granian", "--interface", "wsgi", "--port", str(port),
                    "--workers", str(workers), "--blocking-threads", "64", "--no-ws",
                    "--no-log", "bare:app"],
        "waitress": [f"{bin_folder}/waitress-serve", f"--listen=127.0.0.1:{port}", "--threads=8",
                     "bare:app"],
    }  # fmt: skip
    return started(f"bare on {server}, {workers}", commands[server], port, cwd=folder)


def nginx(folder: Path) -> contextlib.AbstractContextManager[Server]:
    """Run nginx with the bytes as a file."""
    port = free_port("127.0.0.1")
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; worker_processes 1; error_log {folder}/error.log;\n"
        "events { worker_connections 512; }\n"
        f"http {{ access_log off; keepalive_requests 100000000; sendfile on; tcp_nopush on;\n"
        f"client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;\n"
        f"fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4;\n"
        f"scgi_temp_path {folder}/t5;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder};\n"
        "add_header Content-Encoding br; } }\n",
        encoding="utf-8",
    )
    command = ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    return started("nginx, 1 worker", command, port)


def isso(
    installed: isso_server.Isso,
) -> contextlib.AbstractContextManager[Server]:
    """Run Isso."""
    port = free_port("127.0.0.1")
    return started("Isso", installed.command(port), port, env=installed.environment())


def reading(
    folder: Path, rounds: int, other: isso_server.Isso | None
) -> tuple[list[Line], dict[str, float]]:
    """Measure the reads; return the lines, and the memory of the service in megabytes."""
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(serve(folder, "granian"))
        slow = stack.enter_context(serve(folder, "waitress"))
        twenty = query("/thread", url=f"{ORIGIN}/of-20")
        for one in (service, slow):
            response_length(one.port, twenty)
        answer = requests.get(
            f"http://127.0.0.1:{service.port}/thread", timeout=30, stream=True,
            params={"site": "default", "url": f"{ORIGIN}/of-20"}, headers={"Accept-Encoding": "br"},
        )  # fmt: skip
        body = answer.raw.read()
        (folder / "thread.html").write_bytes(body)
        source = BARE.format(file=str(folder / "thread.html"))
        (folder / "bare.py").write_text(source, encoding="utf-8")
        plain = stack.enter_context(bare(folder, "granian"))
        plain_slow = stack.enter_context(bare(folder, "waitress"))
        pages = [f"{ORIGIN}/{n}" for n in range(50)]
        lines = [Line("bare application, granian", plain, twenty)]
        if shutil.which("nginx"):
            static = stack.enter_context(nginx(folder))
            lines.append(Line(NGINX, static, twenty.replace(b"/thread?", b"/thread.html?")))
        of_bare = "bare application, granian"
        lines += [
            Line("thread of 20", service, twenty, of_bare),
            Line("thread of 20, 304", service, with_etag(service.port, twenty), of_bare),
            *(
                Line(f"thread of {n:,}", service, query("/thread", url=f"{ORIGIN}/of-{n}"), of_bare)
                for n in THREADS_OF[1:]
            ),
            Line("counts of 50 pages", service, query("/counts", url=pages), of_bare),
            Line("feed of the site", service, query("/feed.atom"), of_bare),
            *two_processes(stack, folder, twenty, pages),
            Line("bare application, waitress", plain_slow, twenty),
            Line("thread of 20, waitress", slow, twenty, "bare application, waitress"),
        ]
        if other is not None:
            asked = query("/", uri="/of-20")
            lines.append(
                Line(f"thread of 20, Isso {other.version}", stack.enter_context(isso(other)), asked)
            )
        for number in range(rounds):
            for line in lines:
                line.run()
            print(f"\rround {number + 1} of {rounds}", end="", file=sys.stderr)
        print(file=sys.stderr)
        return lines, {one.name: one.memory_megabytes() for one in (service, slow)}


def two_processes(
    stack: contextlib.ExitStack, folder: Path, twenty: bytes, pages: Sequence[str]
) -> list[Line]:
    """Return the lines of servers with two processes."""
    service = stack.enter_context(serve(folder, "granian", 2))
    plain = Line(
        "bare application, 2 processes", stack.enter_context(bare(folder, "granian", 2)), twenty
    )
    asked = {
        "thread of 20": twenty,
        "thread of 20, 304": with_etag(service.port, twenty),
        "counts of 50 pages": query("/counts", url=pages),
        "feed of the site": query("/feed.atom"),
    }
    return [
        plain,
        *(Line(f"{name}, 2 processes", service, what, plain.name) for name, what in asked.items()),
    ]


@dataclass
class PostLine:
    """One line of the table of posts."""

    database: str
    workers: int
    result: Posting
    stored: int
    cpu_milliseconds: float  # of the server, per post with its token and the reads beside it


def posting(folder: Path, seconds: float, workers: int, database: str = "") -> PostLine:
    """Post comments beside reads of a thread on a server with some processes."""
    with serve(folder, "granian", workers, database) as service:
        page = f"{ORIGIN}/of-20"
        post_beside_reads(service.port, page, seconds=WARM_UP)  # loads the model
        before, cpu = _stored(folder, database), service.cpu_seconds()
        result = post_beside_reads(service.port, page, seconds=seconds)
        cost = 1000 * (service.cpu_seconds() - cpu) / max(result.posted, 1)
        stored = _stored(folder, database) - before
    if not result.posted:
        raise SystemExit(f"no comment was accepted: {result.why}")
    if stored != result.posted:
        raise SystemExit(f"{stored:,} stored of {result.posted:,} acknowledged")
    return PostLine("PostgreSQL" if database else "SQLite", workers, result, stored, cost)


def posting_to_isso(installed: isso_server.Isso, seconds: float) -> PostLine:
    """Post comments to Isso, which stores them without a filter, beside reads of a thread."""
    with isso(installed) as server:
        cpu, page = server.cpu_seconds(), f"{ORIGIN}/of-20"
        result = post_beside_reads(server.port, page, seconds=seconds, isso=True)
        cost = 1000 * (server.cpu_seconds() - cpu) / max(result.posted, 1)
    if not result.posted:
        raise SystemExit(f"Isso accepted no comment: {result.why}")
    return PostLine(f"Isso {installed.version}, SQLite", 1, result, result.posted, cost)


def _stored(folder: Path, database: str) -> int:
    with create_app(config(folder, database)).app_context():
        return session().scalar(select(func.count()).select_from(Comment)) or 0


def posts(comments: int, seconds: float, kinds: Sequence[str]) -> list[PostLine]:
    """Measure posts on each database, with one process and with two."""
    lines = []
    for kind in kinds:
        with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
            url = stack.enter_context(postgres.server()) if kind == "postgresql" else ""
            build(Path(name), comments, url)
            for workers in (1, 2):
                lines.append(posting(Path(name), seconds, workers, url))
                print(post_table(lines[-1:]), file=sys.stderr)
    return lines


def post_table(lines: Sequence[PostLine]) -> str:
    """Return the table of posts as Markdown."""
    out = [
        "| database | processes | comments/s | reads/s beside | refused | stored | median, ms "
        "| p99, ms | longest, ms | CPU of the server per post, ms |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for line in lines:
        result = line.result
        out.append(
            f"| {line.database} | {line.workers} | {result.posted / result.seconds:.0f} "
            f"| {result.reads / result.seconds:.0f} | {result.refused} "
            f"| {line.stored:,} of {result.posted:,} | {result.wait(0.5):.0f} "
            f"| {result.wait(0.99):.0f} | {result.wait(1):.0f} | {line.cpu_milliseconds:.1f} |"
        )
    return "\n".join(out)


def report(
    lines: Sequence[Line], memory: dict[str, float], posted: str, comments: int, rounds: int
) -> str:
    """Return the results as Markdown."""
    by_name = {line.name: line for line in lines}
    out = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, granian {version('granian')}, waitress "
        f"{version('waitress')}, SQLite, {comments:,} comments. Each server has one process "
        f"unless it says two; 16 "
        f"connections from one load generator on the same machine; medians of {rounds} rounds of "
        f"{SECONDS:g} seconds, in turn. Load average at the end: {os.getloadavg()[0]:.1f}.",
        "",
        "| work | requests/s | of bare | of nginx | CPU of the server, µs per request | of bare |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    static = statistics.median(by_name[NGINX].rates) if NGINX in by_name else 0.0
    for line in lines:
        rate, cost = statistics.median(line.rates), statistics.median(line.costs)
        ratios = ["", ""]
        if line.bare:
            other = by_name[line.bare]
            ratios = [
                f"{statistics.median(line.rates) / statistics.median(other.rates):.2f}",
                f"{cost / statistics.median(other.costs):.2f}",
            ]
        of_nginx = f"{rate / static:.2f}" if static and line.bare else ""
        out.append(
            f"| {line.name} | {rate:,.0f} | {ratios[0]} | {of_nginx} | {cost:,.0f} | {ratios[1]} |"
        )
    out += [
        "",
        "Comments posted, scored and stored beside reads of a thread: 8 connections post, each to "
        "a page of its own and from a network of its own, and 8 read; granian:",
        "",
        posted,
        "",
        "Memory after the reads: "
        + ", ".join(f"{name} {size:.0f} MB" for name, size in memory.items())
        + ".",
    ]
    return "\n".join(out) + "\n"


def main() -> None:
    """Run everything and print or write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("comments", nargs="?", type=int, default=100_000)
    parser.add_argument("rounds", nargs="?", type=int, default=4)
    parser.add_argument("--write", type=Path, help="replace the part below the marker in this file")
    parser.add_argument("--posts", action="store_true", help="measure and print posts only")
    parser.add_argument("--seconds", type=float, default=20, help="of each line of posts")
    parser.add_argument(
        "--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"]
    )
    options = parser.parse_args()
    if options.posts:
        print(post_table(posts(options.comments, options.seconds, options.databases)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, options.comments)
        other = isso_server.installed(folder / "isso", ORIGIN)
        if other is not None:
            isso_server.fill(other, folder / "data" / "comments.sqlite3", ORIGIN)
        lines, memory = reading(folder, options.rounds, other)
        measured = posts(options.comments, options.seconds, options.databases)
        if other is not None:
            measured.append(posting_to_isso(other, options.seconds))
    posted = post_table(measured)
    text = report(lines, memory, posted, options.comments, options.rounds)
    print(text)
    if options.write:
        head, marker, _old = options.write.read_text("utf-8").partition(MARKER)
        options.write.write_text(f"{head}{marker}\n\n{text}", encoding="utf-8")


MARKER = "<!-- results of `make bench` -->"

if __name__ == "__main__":
    main()

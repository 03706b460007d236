"""Measure reads and posts of a running server, beside a bare WSGI application and nginx.

    python benchmarks/performance.py [COMMENTS] [ROUNDS] [--write docs/performance.md]

Builds a site with many comments, starts the service on granian and on waitress, a WSGI application
that answers the same bytes without any work on the same servers, and nginx with the bytes as a
file. Every round measures every line once, one after another, so that a busy machine disturbs all
alike. Prints medians of requests per second and of the server's CPU time per request, and the ratio
to the bare application on the same server; then posts beside reads.
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
import threading
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

from benchmarks import crowded_site
from benchmarks.load import measure, response_length
from comment_service.app import create_app, prepare
from comment_service.cli.serve import free_port
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment, Page
from comment_service.storage.tables.base import Base
from tests.people import ruled

ORIGIN = "https://blog.example"
SECONDS = 2.0
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


def settings(folder: Path) -> dict[str, str]:
    """Return the environment of the service."""
    keys = {key: value for key, value in os.environ.items() if not key.startswith("COMMENTS_")}
    return keys | {
        "COMMENTS_FOLDER": str(folder / "data"), "COMMENTS_ALLOW_VOLATILE": "1",
        "COMMENTS_ORIGINS": ORIGIN, "COMMENTS_MIN_SECONDS": "0", "COMMENTS_WORKER": "0",
        "COMMENTS_RATE_MINUTE": "1000000", "COMMENTS_RATE_HOUR": "1000000",
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }  # fmt: skip


def build(folder: Path, comments: int) -> None:
    """Fill the database: a large site, and threads of some sizes."""
    (folder / "data").mkdir(mode=0o700)
    config = {k: v for k, v in settings(folder).items() if k.startswith("COMMENTS_")}
    app = create_app(config)
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


def serve(folder: Path, server: str, workers: int = 1) -> contextlib.AbstractContextManager[Server]:
    """Run the service."""
    port = free_port("127.0.0.1")
    command = [sys.executable, "-m", "comment_service", "serve", "--port", str(port)]
    command += ["--server", server, "--workers", str(workers)]
    return started(f"service on {server}, {workers}", command, port, env=settings(folder))


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


def reading(folder: Path, rounds: int) -> tuple[list[Line], dict[str, float]]:
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
            lines.append(
                Line("nginx, the same bytes", static, twenty.replace(b"/thread?", b"/thread.html?"))
            )
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
            Line("bare application, waitress", plain_slow, twenty),
            Line("thread of 20, waitress", slow, twenty, "bare application, waitress"),
        ]
        for number in range(rounds):
            for line in lines:
                line.run()
            print(f"\rround {number + 1} of {rounds}", end="", file=sys.stderr)
        print(file=sys.stderr)
        return lines, {one.name: one.memory_megabytes() for one in (service, slow)}


@dataclass
class Posting:
    """Comments posted beside reads."""

    seconds: float
    posted: int
    refused: int
    stored: int
    waits: list[float]
    reads: float
    cpu_milliseconds: float


def posting(folder: Path, seconds: float = 20, writers: int = 8) -> Posting:
    """Post comments by several readers at once, beside four connections that read."""
    address_of = "http://127.0.0.1:{}"
    before = _stored(folder)
    with serve(folder, "granian") as service:
        base, stop = address_of.format(service.port), threading.Event()
        reads, waits, refused = [0], [], [0]

        def read() -> None:
            one = requests.Session()
            while not stop.is_set():
                one.get(f"{base}/thread?site=default&url={ORIGIN}/of-20", timeout=60)
                reads[0] += 1

        def write(number: int) -> None:
            one, sent = requests.Session(), 0
            page = {"site": "default", "url": f"{ORIGIN}/{number}"}
            while not stop.is_set():
                sent += 1
                token = one.get(f"{base}/form-token", params=page, timeout=60).json()["token"]
                body = {
                    **page, "token": token, "key": f"post-{number}-{sent}-{'x' * 20}",
                    "name": f"Writer {number}", "text": f"{TEXT} {number} {sent}",
                }  # fmt: skip
                begun = time.perf_counter()
                answer = one.post(
                    f"{base}/comments", json=body, headers={"Origin": ORIGIN}, timeout=60
                )
                waits.append(time.perf_counter() - begun)
                refused[0] += answer.status_code != 201

        write_once = threading.Thread(target=write, args=(90,))  # loads the model
        write_once.start()
        while len(waits) < 5:
            time.sleep(0.1)
        stop.set()
        write_once.join()
        stop.clear()
        before, reads[0], refused[0] = _stored(folder), 0, 0
        waits.clear()
        cpu = service.cpu_seconds()
        threads = [threading.Thread(target=read) for _ in range(2)]
        threads += [threading.Thread(target=write, args=(n,)) for n in range(writers)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        stop.set()
        for thread in threads:
            thread.join()
        lasted = time.perf_counter() - begun
        posted = len(waits) - refused[0]
        cost = 1000 * (service.cpu_seconds() - cpu) / max(posted, 1)
    return Posting(
        lasted, posted, refused[0], _stored(folder) - before, sorted(waits), reads[0] / lasted, cost
    )


def _stored(folder: Path) -> int:
    config = {k: v for k, v in settings(folder).items() if k.startswith("COMMENTS_")}
    with create_app(config).app_context():
        return session().scalar(select(func.count()).select_from(Comment)) or 0


def report(
    lines: Sequence[Line], memory: dict[str, float], post: Posting, comments: int, rounds: int
) -> str:
    """Return the results as Markdown."""
    by_name = {line.name: line for line in lines}
    out = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, granian {version('granian')}, waitress "
        f"{version('waitress')}, SQLite, {comments:,} comments. Each server has one process; 16 "
        f"connections from one load generator on the same machine; medians of {rounds} rounds of "
        f"{SECONDS:g} seconds, in turn. Load average at the end: {os.getloadavg()[0]:.1f}.",
        "",
        "| work | requests/s | ratio | CPU of the server, µs per request | ratio |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for line in lines:
        rate, cost = statistics.median(line.rates), statistics.median(line.costs)
        ratios = ["", ""]
        if line.bare:
            other = by_name[line.bare]
            ratios = [
                f"{statistics.median(line.rates) / statistics.median(other.rates):.2f}",
                f"{cost / statistics.median(other.costs):.2f}",
            ]
        out.append(f"| {line.name} | {rate:,.0f} | {ratios[0]} | {cost:,.0f} | {ratios[1]} |")
    waits = post.waits
    out += [
        "",
        f"Posts beside reads, granian with one process, SQLite, {post.seconds:.0f} seconds: "
        f"{post.posted / post.seconds:.0f} comments/s posted, scored and stored, beside "
        f"{post.reads:.0f} reads/s; {post.refused} refused; {post.stored:,} stored of "
        f"{post.posted:,} acknowledged. Waits of a post: median "
        f"{1000 * waits[len(waits) // 2]:.0f} ms, p99 "
        f"{1000 * waits[len(waits) * 99 // 100]:.0f} ms, longest {1000 * waits[-1]:.0f} ms. CPU of "
        f"the server per post, its token and the reads beside it: {post.cpu_milliseconds:.1f} ms.",
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
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, options.comments)
        lines, memory = reading(folder, options.rounds)
        text = report(lines, memory, posting(folder), options.comments, options.rounds)
    print(text)
    if options.write:
        head, marker, _old = options.write.read_text("utf-8").partition(MARKER)
        options.write.write_text(f"{head}{marker}\n\n{text}", encoding="utf-8")


MARKER = "<!-- results of `make bench` -->"

if __name__ == "__main__":
    main()

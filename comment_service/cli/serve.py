"""``serve`` and ``worker``: run the server, or the background worker alone."""

import atexit
import os
import shutil
import signal
import socket
import tempfile
import threading
from time import monotonic
from typing import TYPE_CHECKING

import click
from flask import Flask

from comment_service.cli import granian_server, logs
from comment_service.cli.assembly import Assembly
from comment_service.cli.people import one_time_link
from comment_service.config import data_folder
from comment_service.notify import worker
from comment_service.storage.admin import people
from comment_service.storage.db.session import close_connections, session

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 8
MAX_CONNECTIONS = 2000
"""Open connections, idle ones included; a new one beyond this waits to be accepted."""
IDLE_SECONDS = 30
"""Seconds without a byte after which a connection is closed."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port; 0 picks a free one.",
)
@click.option("--threads", default=THREADS, show_default=True, help="Request threads of waitress.")
@click.option(
    "--server",
    "kind",
    type=click.Choice(["auto", "granian", "waitress"]),
    default="auto",
    show_default=True,
    help="auto: granian behind a trusted proxy (COMMENTS_TRUSTED_PROXIES), else waitress.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Worker processes of granian.",
)
@click.pass_obj
def serve(assembly: Assembly, host: str, port: int, threads: int, kind: str, workers: int) -> None:
    """Run the server. Without configuration, it creates its folder, secret and database."""
    if workers > 1:
        _share_metrics()
    app = assembly.app()
    logs.configure(app.extensions["comments"].settings.log)
    if _uses_granian(app, kind, workers):
        _serve_by_granian(assembly, app, host, port, workers)
        return
    server = listen(app, host, port, threads)
    grace = app.extensions["comments"].settings.grace
    _drain_on_signal(server, grace)
    _print_links(app, f"http://{host}:{server.port}")
    assembly.start(app)
    server.run()


def _drain_on_signal(server: "Server", grace: float) -> None:
    """Let SIGTERM and Ctrl-C end the server after its requests; a second Ctrl-C ends it at once."""

    def end(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        server.drain(grace)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _share_metrics() -> None:
    """Let any worker process report the counts of all; the folder goes when the server ends."""
    folder = tempfile.mkdtemp(prefix="comments-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _uses_granian(app: Flask, kind: str, workers: int) -> bool:
    """Return True if granian serves.

    Raises:
        click.ClickException: it is not installed, or --workers is used with waitress.
    """
    installed = granian_server.is_installed()
    if kind == "granian" and not installed:
        raise click.ClickException(
            'granian is not installed: pip install "comment-service[granian]"'
        )
    behind_proxy = bool(app.extensions["comments"].settings.trusted_proxies)
    uses = kind == "granian" or (kind == "auto" and installed and (behind_proxy or workers > 1))
    if workers > 1 and not uses:
        raise click.ClickException("--workers needs granian; waitress is one process.")
    return uses


def _serve_by_granian(assembly: Assembly, app: Flask, host: str, port: int, workers: int) -> None:
    """Check the address, print the links and serve; the workers create apps of their own."""
    bound = bind(host, port)
    port = bound.getsockname()[1]
    bound.close()
    _print_links(app, f"http://{host}:{port}")
    close_connections(app)
    grace = app.extensions["comments"].settings.grace
    granian_server.run(
        assembly.create, host, port, workers=workers, idle_seconds=IDLE_SECONDS, grace=grace
    )


def free_port(host: str) -> int:
    """Return a port that is currently free."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def listen(app: "WSGIApplication", host: str, port: int, threads: int = THREADS) -> "Server":
    """Bind the address and return the server, which is not running yet.

    Raises:
        click.ClickException: the address cannot be used.
    """
    return Server(app, bind(host, port), threads)


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        click.ClickException: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise click.ClickException(
            f"{host}:{port} cannot be used ({error.strerror}); choose another with --port."
        ) from error


class Server:
    """Waitress on a bound socket; another thread can stop it."""

    def __init__(self, app: "WSGIApplication", bound: socket.socket, threads: int) -> None:
        from waitress import create_server

        from comment_service.cli.dispatcher import Channel, SplitDispatcher, mark_busy

        self.port: int = bound.getsockname()[1]
        self._waitress = create_server(
            mark_busy(app),
            sockets=[bound],
            _dispatcher=SplitDispatcher(threads),
            ident=None,
            connection_limit=MAX_CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=5,
            asyncore_use_poll=True,  # select() knows 1,024 files at most
            clear_untrusted_proxy_headers=False,  # web/http/proxy.py handles proxy headers
        )
        self._waitress.channel_class = Channel
        self._draining = False

    def run(self) -> None:
        """Serve until interrupted or closed."""
        self._waitress.run()
        self._waitress.task_dispatcher.shutdown()

    def drain(self, seconds: float) -> None:
        """Accept no more connections, let the requests end, then close, in a thread of its own.

        A connection ends with its next answer. A second call changes nothing.
        """
        if self._draining:
            return
        self._draining = True
        name, given = "comments-drain", (seconds,)
        threading.Thread(target=self._drain, args=given, name=name, daemon=True).start()

    def _drain(self, seconds: float) -> None:
        server, ended = self._waitress, threading.Event()

        def end() -> None:
            before = -1
            while before != len(server.active_channels):  # those that the system has accepted
                before = len(server.active_channels)
                server.handle_accept()
            server.accepting = False
            server.del_channel()
            server.socket.close()

        server.trigger.pull_trigger(end)
        deadline = monotonic() + seconds
        ended.wait(min(0.2, seconds))  # connections just accepted send their request first
        while monotonic() < deadline and any(
            channel.requests or channel.total_outbufs_len or channel.request
            for channel in list(server.active_channels.values())
        ):
            ended.wait(0.05)
        self.close()

    def close(self) -> None:
        """Make the serving thread close all its sockets, which ends its loop.

        The serving thread may wake up on its own, so it waits until the trigger call has
        returned: the trigger is one of the sockets that it closes.
        """
        server, pulled = self._waitress, threading.Event()

        def end() -> None:
            pulled.wait()
            for channel in list(server.active_channels.values()):
                channel.handle_close()  # deletes what it has not sent, too
            server.asyncore.close_all(server._map)

        try:
            server.trigger.pull_trigger(end)
        finally:
            pulled.set()


def _print_links(app: Flask, address: str) -> None:
    """Print the links; the set-up link as long as there is no moderator."""
    state = app.extensions["comments"]
    base = state.settings.public_url or address
    click.echo(f"Listening on {address}")
    click.echo(f"Data in {data_folder(state.settings)}")
    if state.classifier_error:
        click.echo(f"No spam model ({state.classifier_error}): all comments are held for review.")
    with app.app_context():
        if people.any_account(session()):
            click.echo(f"Moderation: {base}/moderation/")
        else:
            click.echo("No moderator yet. Open this link to set up (valid for one day):")
            click.echo(one_time_link(base, ""))


@click.command("worker")
@click.pass_obj
def run_worker(assembly: Assembly) -> None:
    """Run the background worker (set COMMENTS_WORKER=0 for the servers)."""
    app = assembly.app()
    logs.configure(app.extensions["comments"].settings.log)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    click.echo("Worker started; stop with Ctrl-C.")
    worker.run(app, stop)

"""Run the service on granian: one or more worker processes behind a reverse proxy.

granian answers pages that are kept ready several times faster than waitress. Two things it does not
do, so a reverse proxy must: it keeps connections open that never send a byte, and a client that
sends its body slowly holds a thread.
"""

import ctypes
import os
import signal
import sys
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from comment_service.cli import logs
from comment_service.cli.assembly import Create
from comment_service.cli.dispatcher import WriterGate

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 64
"""Request threads of a worker at most; they start when they are needed."""
RUNNING_WRITERS = 3
WAITING_WRITERS = 48
"""Writers that wait for their turn at most; each of them holds a thread."""
MAX_CONNECTIONS = 2000
_PR_SET_PDEATHSIG = 1


def is_installed() -> bool:
    """Return True if granian can be imported."""
    return find_spec("granian") is not None


def run(
    create: Create, host: str, port: int, *, workers: int, idle_seconds: int, grace: float
) -> None:
    """Serve until a signal; SIGTERM and SIGINT let the requests end for ``grace`` seconds."""
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.server import Server

    server = Server(
        "comment_service",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=MAX_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=idle_seconds * 1000),
        websockets=False,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=max(1, round(grace)),
    )
    server.serve(target_loader=partial(load, os.getpid(), create), wrap_loader=False)


def load(parent: int, create: Create) -> "WSGIApplication":
    """Create the app in a worker process, which ends with its parent, whatever ends that."""
    end_with_parent(parent)
    app = create()
    logs.configure(app.extensions["comments"].settings.log)
    return WriterGate(app, running=RUNNING_WRITERS, waiting=WAITING_WRITERS)


def end_with_parent(parent: int) -> None:
    """Let the system send SIGTERM to this process when its parent ends (Linux)."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it ended before the call
        os.kill(os.getpid(), signal.SIGTERM)

"""Cookies of ours: first-party, never read by a script, never sent along from another website."""

from flask import request
from werkzeug.wrappers import Response


def put(answer: Response, name: str, value: str, seconds: int) -> None:
    """Have a browser keep a value for some time."""
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
        path=_path(),
    )


def drop(answer: Response, name: str) -> None:
    """Have a browser forget a value."""
    answer.delete_cookie(name, path=_path())


def _path() -> str:
    """Return the path below which our cookies are sent."""
    return request.script_root or "/"

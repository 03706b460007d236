"""First-party cookies: unreadable for scripts, and not sent with requests from other websites."""

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.wrappers import Response


class SessionCookie(SecureCookieSessionInterface):
    """Flask's session, which holds the CSRF token, with the same protection as other cookies."""

    def get_cookie_name(self, app: Flask) -> str:
        """Return the name, with a prefix on https."""
        return _prefixed(super().get_cookie_name(app))

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of a request; most readers have no cookie, so nothing is verified."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def get_cookie_path(self, app: Flask) -> str:
        """Return the path at which the service is mounted."""
        return _cookie_path()

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return True on https."""
        return request.is_secure


def set_cookie(answer: Response, name: str, value: str, seconds: int) -> None:
    """Set a cookie that lives for ``seconds``."""
    answer.set_cookie(
        _prefixed(name),
        value,
        max_age=seconds,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
        path=_cookie_path(),
    )


def read_cookie(name: str) -> str:
    """Return a cookie's value, "" if the browser has none."""
    return request.cookies.get(_prefixed(name), "")


def delete_cookie(answer: Response, name: str) -> None:
    """Delete a cookie."""
    answer.delete_cookie(_prefixed(name), path=_cookie_path(), secure=request.is_secure)


def _prefixed(name: str) -> str:
    """Return the name with the prefix that keeps other hosts and plain HTTP from setting it.

    ``__Host-`` needs the path ``/``; below a path of another website it is ``__Secure-``.
    (RFC 6265bis, section 4.1.3.)
    """
    if not request.is_secure:
        return name
    return f"__Host-{name}" if _cookie_path() == "/" else f"__Secure-{name}"


def _cookie_path() -> str:
    """Return the cookie path: the path at which the service is mounted."""
    return request.script_root or "/"

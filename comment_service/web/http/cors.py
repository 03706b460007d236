"""CORS headers: any origin may read answers, without credentials; views check who may write."""

from flask import Response, request

from comment_service.web.http import problems

_METHODS = "GET, POST, OPTIONS"
_HEADERS = "Authorization, Content-Type"
_PREFLIGHT_SECONDS = "7200"
_EMBEDDED = {"static", "thread.embed"}
"""Endpoints of scripts and style sheets that other websites load."""


def preflight() -> Response | None:
    """Answer a CORS preflight request; None for any other request.

    Every origin passes here; the view checks the request that follows. Keys of the JSON API are no
    business of browsers.
    """
    if problems.is_asked():
        return None
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
        return None
    answer = Response(status=204)
    answer.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "")
    answer.headers["Access-Control-Allow-Methods"] = _METHODS
    answer.headers["Access-Control-Allow-Headers"] = _HEADERS
    answer.headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
    return answer


def allow(answer: Response) -> Response:
    """Allow the requesting origin to read the answer; without credentials, so no cookie is sent."""
    origin = request.headers.get("Origin")
    if request.endpoint in _EMBEDDED:  # a page with Cross-Origin-Embedder-Policy requires it
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if origin and "Access-Control-Allow-Origin" not in answer.headers:
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers.add("Vary", "Origin")
    return answer

"""Responses that browsers and shared caches may keep."""

from flask import Response, request

_SECONDS = 60


def cache_for_a_minute(answer: Response) -> Response:
    """Allow every cache to keep an answer for one minute; it must not contain personal data."""
    answer.headers["Cache-Control"] = f"public, max-age={_SECONDS}"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Vary"] = "Accept-Language"
    answer.add_etag()
    answer.make_conditional(request)
    return answer

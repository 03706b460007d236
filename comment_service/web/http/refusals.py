"""A refusal with a rendered page as its answer, such as the form with the reader's text."""

from flask import make_response
from werkzeug.wrappers import Response

from comment_service.errors import Refusal


class RefusedWithPage(Exception):  # noqa: N818  (it carries an answer; it is not a failure)
    """Raised by a view that has rendered the answer to a refusal.

    ``web/errors.py`` sends ``response`` with the HTTP status of ``refusal``.
    """

    def __init__(self, refusal: Refusal, page: str | Response) -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.response: Response = make_response(page)

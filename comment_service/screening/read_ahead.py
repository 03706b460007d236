"""Read what a text says by itself before the transaction, which blocks all other writers.

That is most of the time of screening: folding, the filter's reading, and the search for the text's
campaign. The transaction uses it if it still holds: the model is the active one, and only campaigns
that were not searched yet are searched.
"""

import logging

from comment_service.runtime import ReadText, Runtime
from comment_service.screening import campaigns, model_cache
from comment_service.screening.submission import Submission
from comment_service.storage.tables import Site

_log = logging.getLogger(__name__)


def read_ahead(runtime: Runtime, site: Site, submission: Submission) -> Submission:
    """Return the submission of a text with everything that is read from the text alone.

    Args:
        runtime: the app's state.
        site: as it was read a moment ago.
        submission: text, HTML, name, addresses and links; nothing of its page or author.
    """
    _ = submission.key, submission.domains  # kept by with_context
    near = campaigns.search(runtime, site.id, submission.likeness)
    return submission.with_context(near=near, read=_read(runtime, site, submission))


def _read(runtime: Runtime, site: Site, submission: Submission) -> ReadText | None:
    try:
        model = model_cache.loaded_model(runtime, site)
        if model is None:
            return None
        return model.read(
            submission.text, author=submission.name, email=submission.email, url=submission.url
        )
    except Exception as error:  # the score fails in the same way, which is logged there
        _log.debug("a text could not be read: %s", error)
        return None

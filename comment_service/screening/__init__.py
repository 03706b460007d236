"""What judges a submission: ``CHECKS`` in order → a ``Verdict``. May import storage and text.

Checks look and report; the severest status that a finding asks for decides, trust outweighs it,
and everything found is merged into the reasons. A check that must not let the submission in at
all raises a refusal of ``errors``.
"""

from comment_service.screening.pipeline import CHECKS, screen
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding, Verdict

__all__ = ["CHECKS", "Finding", "Submission", "Verdict", "screen"]

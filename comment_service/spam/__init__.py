"""Submission → probability of spam, with reasons; imports nothing of ours but ``text``.

Importing this package loads neither numpy nor scikit-learn: a page view never pays for them.
"""

from comment_service.spam.artifact import Artifact, ArtifactError
from comment_service.spam.classifier import Classifier, Score
from comment_service.spam.examples import Example, ExamplesError
from comment_service.spam.policy import Thresholds
from comment_service.spam.recipe import Recipe
from comment_service.spam.submission import Reason

__all__ = [
    "Artifact",
    "ArtifactError",
    "Classifier",
    "Example",
    "ExamplesError",
    "Reason",
    "Recipe",
    "Score",
    "Thresholds",
]

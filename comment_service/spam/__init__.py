"""Spam filter library: submission → probability of spam, with reasons. Imports only ``text``.

Importing this package loads neither numpy nor scikit-learn, so page views do not pay for them.
"""

from comment_service.spam.features.examples import Example, ExamplesError
from comment_service.spam.features.recipe import Recipe
from comment_service.spam.features.submission import Reason
from comment_service.spam.model.artifact import Artifact, ArtifactError
from comment_service.spam.model.classifier import Classifier, Score
from comment_service.spam.model.policy import Thresholds

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

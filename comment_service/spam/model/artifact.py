"""A model on disk: plain arrays and a JSON card with their checksum.

``arrays.npz`` holds numbers only. It is read with ``allow_pickle=False``, so opening a model never
runs code. ``card.json`` describes the model and holds the SHA-256 of the arrays and of the
training files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from comment_service.spam.features.recipe import Recipe
from comment_service.spam.model.linear import SitePart, TextModel
from comment_service.spam.model.policy import Thresholds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CARD = "card.json"
ARRAYS = "arrays.npz"
FORMAT = 2
_COMPRESSION = 4
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")
_REMEDY = "train it again with `comment-service spam train`, or restore the shipped models/base"


class ArtifactError(Exception):
    """A model is missing, damaged or does not match its card; the message names the remedy."""


@dataclass(frozen=True)
class Artifact:
    """A card and the bytes of its arrays, independent of storage (a directory, a database)."""

    card: Mapping[str, Any]
    arrays: bytes

    @property
    def model_id(self) -> str:
        """Return the model's name followed by the first eight hex digits of its arrays' SHA-256."""
        return model_id(self.card)

    def save(self, directory: Path) -> None:
        """Write both files; the card last, so that a half-written model is never valid."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / ARRAYS).write_bytes(self.arrays)
        text = json.dumps(self.card, indent=2, ensure_ascii=False, sort_keys=True)
        (directory / CARD).write_text(text + "\n", encoding="utf-8")


def model_id(card: Mapping[str, Any]) -> str:
    """Return the id of the model a card describes."""
    return f"{card['name']}-{card['arrays_sha256'][:8]}"


def thresholds_of(card: Mapping[str, Any]) -> Thresholds:
    """Return the thresholds a card recommends."""
    return Thresholds(float(card["hold_at"]), float(card["spam_at"]))


def pack(
    name: str, model: TextModel, thresholds: Thresholds, details: Mapping[str, Any]
) -> Artifact:
    """Return a model as card and arrays; the same model always gives the same bytes.

    Args:
        name: lower-case letters, digits, dots and hyphens; the id starts with it.
        model: the model to store.
        thresholds: the thresholds that the card recommends.
        details: more entries for the card: data, figures, limits.

    Raises:
        ArtifactError: the name has characters that are not allowed.
    """
    import numpy as np

    if not _NAME.fullmatch(name):
        raise ArtifactError(f"{name!r} cannot name a model; use a-z, 0-9, dots and hyphens")
    stored = {"weights": model.weights.astype(np.float16)}
    if model.site:
        stored["site"] = model.site.weights.astype(np.float16)
    arrays = _write_arrays(stored)
    card = {
        **details,
        "format": FORMAT,
        "name": name,
        "arrays_sha256": sha256(arrays).hexdigest(),
        "hold_at": thresholds.hold_at,
        "spam_at": thresholds.spam_at,
        "recipe": model.recipe.as_dict(),
        "biases": list(model.biases),
        "slopes": list(model.slopes),
        "intercept": model.intercept,
        "excess": model.excess,
    }
    if model.site:
        card["site"] = {"biases": list(model.site.biases), "mix": list(model.site.mix)}
    return Artifact(card, arrays)


def read_card(directory: Path) -> dict[str, Any]:
    """Return the card of a model directory after checking that it has all keys needed for scoring.

    Raises:
        ArtifactError: there is no card, or this version cannot use it.
    """
    path = directory / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or error
        raise ArtifactError(f"no model at {directory} ({reason}); {_REMEDY}") from None
    except ValueError as error:
        raise ArtifactError(f"{path} is not JSON ({error}); {_REMEDY}") from None
    check_card(card, str(path))
    return dict(card)


def check_card(card: object, where: str) -> None:
    """Raise an ArtifactError unless ``card`` has all keys needed for scoring.

    ``where`` names the card's location in the error message.
    """
    needed = ("name", "arrays_sha256", "hold_at", "spam_at", "recipe", "biases", "slopes")
    if not isinstance(card, dict) or any(key not in card for key in needed):
        raise ArtifactError(f"{where} is no model card; {_REMEDY}")
    if card.get("format") != FORMAT:
        found = card.get("format")
        raise ArtifactError(f"{where} has format {found}, this version reads {FORMAT}; {_REMEDY}")
    _check_numbers(card, where)


def _check_numbers(card: Mapping[str, Any], where: str) -> None:
    """Raise an ArtifactError unless all numbers are finite and the thresholds are in order."""
    try:
        hold_at, spam_at = float(card["hold_at"]), float(card["spam_at"])
        numbers = [*card["biases"], *card["slopes"], card["intercept"], card["excess"]]
        if site := card.get("site"):
            numbers += [*site["biases"], *site["mix"]]
        finite = all(isfinite(float(number)) for number in numbers)
        pairs = len(card["biases"]) == len(card["slopes"]) == 2
    except (KeyError, TypeError, ValueError):
        raise ArtifactError(f"{where} lacks a number that scoring needs; {_REMEDY}") from None
    if not 0 < hold_at <= spam_at <= 1:
        raise ArtifactError(f"{where}: hold_at {hold_at} and spam_at {spam_at} disagree; {_REMEDY}")
    if not (finite and pairs):
        raise ArtifactError(f"{where} has numbers that are not finite; {_REMEDY}")


def load(directory: Path) -> Artifact:
    """Return the artifact of a directory; the arrays are not checked yet (see :func:`unpack`)."""
    card = read_card(directory)
    try:
        return Artifact(card, (directory / ARRAYS).read_bytes())
    except OSError as error:
        reason = error.strerror or error
        raise ArtifactError(f"{directory / ARRAYS}: {reason}; {_REMEDY}") from None


def verify(artifact: Artifact) -> None:
    """Check that the arrays are those of the card.

    Raises:
        ArtifactError: they are not.
    """
    if sha256(artifact.arrays).hexdigest() != artifact.card["arrays_sha256"]:
        found = model_id(artifact.card)
        raise ArtifactError(f"the arrays of {found} are not those of its card; {_REMEDY}")


def unpack(artifact: Artifact) -> TextModel:
    """Return the model of an artifact.

    Raises:
        ArtifactError: the arrays do not match the card, or have the wrong shape.
    """
    import numpy as np

    card = artifact.card
    verify(artifact)
    recipe = Recipe.from_dict(card["recipe"])
    arrays = _read_arrays(artifact.arrays, ("weights", "site") if "site" in card else ("weights",))
    for weights in arrays.values():
        if weights.shape != (2, 1 << recipe.bits):
            raise ArtifactError(f"the weights have shape {weights.shape}; {_REMEDY}")
        if not np.isfinite(weights).all():
            raise ArtifactError(f"the weights are not finite; {_REMEDY}")
    site = card.get("site")
    return TextModel(
        recipe=recipe,
        weights=arrays["weights"],
        biases=(float(card["biases"][0]), float(card["biases"][1])),
        slopes=(float(card["slopes"][0]), float(card["slopes"][1])),
        intercept=float(card["intercept"]),
        excess=float(card["excess"]),
        site=SitePart(arrays["site"], tuple(site["biases"]), tuple(site["mix"])) if site else None,
    )


def _write_arrays(stored: Mapping[str, NDArray[np.float16]]) -> bytes:
    """Return arrays in NumPy's format; np.savez_compressed takes twice as long for 1 % less."""
    import numpy as np

    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED, compresslevel=_COMPRESSION) as archive:
        for name, array in stored.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
    return buffer.getvalue()


def _read_arrays(stored: bytes, names: tuple[str, ...]) -> dict[str, NDArray[np.float32]]:
    import numpy as np

    try:
        with np.load(BytesIO(stored), allow_pickle=False) as found:
            return {name: found[name].astype(np.float32) for name in names}
    except (ValueError, KeyError, OSError, BadZipFile) as error:
        raise ArtifactError(f"the arrays cannot be read ({error}); {_REMEDY}") from None

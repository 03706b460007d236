"""Where the shipped model and the migrations are, in a checkout and in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent
_WHEEL = _PACKAGE / "_shipped"


def _shipped(name: str) -> Path:
    """Return the folder ``name`` as a wheel ships it, else the one of the checkout."""
    packed = _WHEEL / name
    return packed if packed.is_dir() else _CHECKOUT / name


def shipped_model() -> Path:
    """Return the folder of the spam model that ships (a card and arrays)."""
    return _shipped("models") / "base"


def canary() -> Path:
    """Return the frozen set of labelled comments that every candidate has to hold on."""
    return _shipped("models") / "canary.jsonl"


def migrations() -> Path:
    """Return the Alembic script folder."""
    return _shipped("migrations")

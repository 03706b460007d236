"""Locations of the shipped files, in a checkout and in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent
_WHEEL = _PACKAGE / "_shipped"


def _shipped(name: str) -> Path:
    """Return the folder ``name`` of the wheel, or of the checkout."""
    packed = _WHEEL / name
    return packed if packed.is_dir() else _CHECKOUT / name


def shipped_model() -> Path:
    """Return the folder of the shipped spam model (a card and arrays)."""
    return _shipped("models") / "base"


def public_templates() -> Path:
    """Return the folder of the templates that readers see."""
    return _PACKAGE / "templates" / "comments" / "comments"


def canary() -> Path:
    """Return the canary set: frozen labelled comments on which every candidate is tested."""
    return _shipped("models") / "canary.jsonl"


def deploy() -> Path:
    """Return the folder of the systemd unit and the proxy blocks."""
    return _shipped("deploy")


def migrations() -> Path:
    """Return the Alembic script folder."""
    return _shipped("migrations")

"""Gauges → the text that Prometheus reads (exposition format 0.0.4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Gauge:
    """One number with its name, what it means, and the labels that tell it from its like."""

    name: str
    meaning: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def text(gauges: Iterable[Gauge]) -> str:
    """Return gauges as text, those of one name together, under one line of help."""
    families: dict[str, list[Gauge]] = {}
    for gauge in gauges:
        families.setdefault(gauge.name, []).append(gauge)
    return "".join(_family(name, found) for name, found in families.items())


def _family(name: str, found: Sequence[Gauge]) -> str:
    head = f"# HELP {name} {found[0].meaning}\n# TYPE {name} gauge\n"
    return head + "".join(f"{name}{_labels(one.labels)} {one.value:g}\n" for one in found)


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

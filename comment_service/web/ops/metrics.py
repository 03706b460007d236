"""Convert gauges to the text format of Prometheus (exposition format 0.0.4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Gauge:
    """A metric value with its name, meaning and labels."""

    name: str
    meaning: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def render_gauges(gauges: Iterable[Gauge]) -> str:
    """Return gauges as text, grouped by name under one line of help."""
    families: dict[str, list[Gauge]] = {}
    for gauge in gauges:
        families.setdefault(gauge.name, []).append(gauge)
    return "".join(_family(name, members) for name, members in families.items())


def _family(name: str, members: Sequence[Gauge]) -> str:
    head = f"# HELP {name} {members[0].meaning}\n# TYPE {name} gauge\n"
    return head + "".join(f"{name}{_labels(gauge.labels)} {gauge.value:g}\n" for gauge in members)


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

"""Measure time and memory of a site's retraining, on 12,000 labels and on a long stream.

``python benchmarks/spam_retrain.py [FOLDER] [--stream 1000000]``: the stream is synthetic. It
consists of spun spam, and of honest comments of the collections with a few words changed.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from zlib import crc32

import spam_data
import spam_spun

from comment_service.paths import shipped_model
from comment_service.spam.features.examples import Example
from comment_service.spam.model.artifact import load, thresholds_of, unpack
from comment_service.spam.training.site_model import prepare, train_site
from comment_service.spam.training.stream_sample import LabelSample


def stream(honest: Sequence[str], advert: Sequence[str], count: int) -> Iterator[Example]:
    """Yield synthetic decisions; a quarter are spam."""
    draw = Random(1)  # noqa: S311 - no secret is drawn
    for number in range(count):
        words = draw.choice(advert if number % 4 == 0 else honest).split(" ")
        words[draw.randrange(len(words))] = f"w{draw.randrange(5000)}"
        created = f"2026-{number % 12 + 1:02}"
        yield Example(text=" ".join(words), spam=number % 4 == 0, created=created)


def main() -> None:
    """Print seconds and peak resident memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=spam_data.DEFAULT)
    parser.add_argument("--stream", type=int, default=20_000)
    arguments = parser.parse_args()
    artifact = load(shipped_model())
    base, thresholds = unpack(artifact), thresholds_of(artifact.card)
    honest = [str(r["text"]) for r in spam_data.blogs(arguments.folder)][:5000]
    advert = [str(r["text"]) for r in spam_spun.spun(["great blog"], 2000, 1)]
    for count in (12_000, arguments.stream):
        began = time.process_time()
        sample = LabelSample[Example]()
        for example in stream(honest, advert, count):
            sample.add(example, key=crc32(example.text.encode()))
        decisions = [prepare(base, example) for example in sample.decisions()]
        read = time.process_time() - began
        train_site(base, thresholds, decisions)
        fitted = time.process_time() - began - read
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{count:,} labels: read {read:.1f} s, fit {fitted:.1f} s, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()

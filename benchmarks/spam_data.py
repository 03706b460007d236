"""Convert the open collections of ``../shared/data`` to rows for ``spam train``.

``python benchmarks/spam_data.py [FOLDER] [--made] [--out rows.jsonl]`` writes one JSON object per
line with text, label, author, created, page, source, group and lang; with ``--made``, the rows made
from templates and the block list too. Blog comments are stored as HTML and are
converted back to the text that people type. They are labelled honest but have some pharmacy, casino
and insurance advertisements; :func:`is_residual_spam` is the rule that drops them.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import html
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"
#: Made comments per template.
SPAM_EACH, HONEST_EACH = 12, 20
YOUTUBE = (
    "Youtube01-Psy",
    "Youtube02-KatyPerry",
    "Youtube03-LMFAO",
    "Youtube04-Eminem",
    "Youtube05-Shakira",
)

_RESIDUAL = re.compile(
    r"\b(?:viagra|cialis|levitra|phentermine|tramadol|xanax|valium|ambien|soma|hydrocodone|vicodin"
    r"|propecia|adipex|carisoprodol|texas hold ?em|online (?:casino|poker|pharmacy)|payday loans?"
    r"|ringtones?|replica (?:watches|handbags)|wow gold|ugg boots|louis vuitton|viagara"
    r"|[\w.-]*insurance[\w-]*\.\w+)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://|<a\s", re.IGNORECASE)
_ANCHOR = re.compile(r"<a\s[^>]*?href=[\"']?([^\"'\s>]+)[^>]*>(.*?)</a>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/blockquote|/pre|/h\d)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!][^>]*>", re.IGNORECASE)

Row = dict[str, object]


def is_residual_spam(text: str) -> bool:
    """Return True if a comment of a blog's honest side is an advertisement.

    The rule: it names typical goods of comment spam three times, or twice with a link. A
    programmer's joke about one of them stays.
    """
    mentions = len(_RESIDUAL.findall(text))
    return mentions >= 3 or (mentions == 2 and bool(_LINK.search(text)))


def to_text(markup: str) -> str:
    """Convert stored HTML to the text that people type; a link becomes its text and its URL."""
    text = _ANCHOR.sub(_anchor, markup) if "<" in markup else markup
    text = _TAG.sub("", _BREAK.sub("\n", text))
    return re.sub(r"\n{3,}", "\n\n", html.unescape(text)).strip()


def _anchor(match: re.Match[str]) -> str:
    address, label = match[1], _TAG.sub("", match[2]).strip()
    bare = label.removesuffix("...").removesuffix("…")
    return address if not label or bare in address else f"[{label}]({address})"


def youtube(folder: Path) -> Iterator[Row]:
    """Yield the five videos' comments, in order of date where known."""
    for video in YOUTUBE:
        with (folder / "youtube" / f"{video}.csv").open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                yield {
                    "text": html.unescape(row["CONTENT"]).replace("\ufeff", ""),
                    "label": "spam" if row["CLASS"] == "1" else "ham",
                    "author": row["AUTHOR"],
                    "created": row["DATE"],
                    "page": video,
                    "source": "youtube",
                    "group": video,
                    "lang": "en",
                }


def sms(folder: Path) -> Iterator[Row]:
    """Yield the SMS Spam Collection."""
    lines = (folder / "sms" / "SMSSpamCollection").read_text(encoding="utf-8").splitlines()
    for line in filter(lambda line: not line.startswith("Label\t"), lines):
        label, _, text = line.partition("\t")
        yield {
            "text": html.unescape(text),
            "label": label,
            "source": "sms",
            "group": "sms",
            "lang": "en",
        }


def telegram(folder: Path) -> Iterator[Row]:
    """Yield the samples of the tg-spam bot, one per line."""
    for label in ("ham", "spam"):
        lines = (
            (folder / "telegram" / f"{label}-samples.txt").read_text(encoding="utf-8").splitlines()
        )
        for line in filter(str.strip, lines):
            yield {
                "text": line,
                "label": label,
                "source": "telegram",
                "group": "telegram",
                "lang": "ru",
            }


def blogs(folder: Path) -> Iterator[Row]:
    """Yield the honest comments of thirteen blogs, one group each."""
    for name in ("haacked_2004_2008.csv.gz", "honest_comments.csv.gz"):
        with gzip.open(folder / "blog" / name, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                group = row.get("blog", "haacked.com")
                if is_residual_spam(row["text"]):
                    continue
                yield {
                    "text": to_text(row["text"]),
                    "label": "ham",
                    "created": row["created"],
                    "page": f"{group}/{row['page']}",
                    "source": "blog",
                    "group": group,
                    "lang": row.get("lang", "en"),
                }


def rows(folder: Path = DEFAULT) -> list[Row]:
    """Return every row of every collection that is not empty."""
    if not (folder / "youtube").is_dir():
        raise SystemExit(f"{folder} holds no collections; give the data folder as the argument")
    every = [row for read in (youtube, sms, telegram, blogs) for row in read(folder)]
    return [row for row in every if str(row["text"]).strip()]


def made_rows(folder: Path, honest: list[Row]) -> list[Row]:
    """Return the rows made from templates and from the block list, the same on every run."""
    import spam_spun
    import spam_templates

    spun = spam_spun.rows(folder, honest)
    honest_rows = [*spam_templates.honest(HONEST_EACH), *spam_templates.neutral()]
    return [*spun, *spam_templates.spam(SPAM_EACH), *honest_rows]


def files(folder: Path = DEFAULT) -> list[Path]:
    """Return every file that :func:`rows` reads."""
    return [
        *(folder / "youtube" / f"{video}.csv" for video in YOUTUBE),
        folder / "sms" / "SMSSpamCollection",
        *(folder / "telegram" / f"{label}-samples.txt" for label in ("ham", "spam")),
        *sorted((folder / "blog").glob("*.csv.gz")),
    ]


def main() -> None:
    """Write the rows as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--out", type=Path, help="file to write; standard output without it")
    parser.add_argument("--made", action="store_true", help="add the made rows")
    arguments = parser.parse_args()
    written = rows(arguments.folder)
    written += made_rows(arguments.folder, written) if arguments.made else []
    out = arguments.out.open("w", encoding="utf-8") if arguments.out else sys.stdout
    for row in written:
        out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

"""The queue's documentation lists every key, filter and sort order, and no other key."""

import re
from pathlib import Path

from comment_service.storage.moderation.filters import IDENTITIES, SORTS
from comment_service.web.moderation.queue_query import FIELDS

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "moderating.md").read_text(encoding="utf-8")
SCRIPT = (ROOT / "comment_service" / "static" / "moderation.js").read_text(encoding="utf-8")


def test_every_filter_and_order_is_documented() -> None:
    for name in (*FIELDS, *SORTS, *IDENTITIES):
        assert f"`{name}`" in GUIDE, name


def test_every_key_is_documented_and_no_other() -> None:
    tables = " ".join(re.findall(r"const (?:decisions|sections) = \{([^}]*)\}", SCRIPT))
    keys = {*re.findall(r"(\w): \"", tables), *re.findall(r'key === "(.)"', SCRIPT)}
    section = GUIDE.split("## Keys")[1].split("## ")[0]
    rows = " ".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE))
    assert set(re.findall(r"`(.)`", rows)) - {"⇧"} == keys

"""The one script that a blogger pastes: its style sheet inside, without comments, packed once.

So the first comment needs two requests, and a day later one. ``static/comments.js`` and
``static/comments.css`` are what is read and changed; rjsmin and rcssmin leave out what no browser
needs. A sheet that a script constructs is let in by every content security policy.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import brotli
import rcssmin
import rjsmin
from flask import Response, request

from comment_service.web.comments.fragment_cache import fragments

QUICK = 5
"""Brotli's quality for what is packed while somebody waits."""
WORTH_PACKING = 2000
STYLE = '"@style"'
"""Where the script wants the style sheet."""


@dataclass(frozen=True)
class Bundle:
    """Bytes by content coding, "" as they are, and their tag."""

    packed: Mapping[str, bytes]
    tag: str


@cache
def made(folder: str) -> Bundle:
    """Return the script with its style sheet, of the files in a folder."""
    read = {name: (Path(folder) / f"comments.{name}").read_text("utf-8") for name in ("js", "css")}
    style = json.dumps(rcssmin.cssmin(read["css"]), ensure_ascii=False)
    plain = rjsmin.jsmin(read["js"]).replace(STYLE, style).encode()
    packed = {"br": brotli.compress(plain), "gzip": gzip.compress(plain, mtime=0), "": plain}
    return Bundle(packed, hashlib.sha256(plain).hexdigest()[:32])


def script(folder: str) -> Response:
    """Return the script as the asker can read it."""
    bundle = made(folder)
    return packed(bundle.packed, bundle.tag, "text/javascript")


def fragment(html: str, tag: str) -> Response:
    """Return a public fragment as the asker can read it, packed once for each revision.

    Nothing in it is secret, so its length tells nothing (BREACH).
    """
    plain = html.encode()
    if not request.accept_encodings["br"] or len(plain) < WORTH_PACKING:
        return packed({"": plain}, tag, "text/html")
    made = fragments().get(f"{tag} br", lambda: brotli.compress(plain, quality=QUICK))
    return packed({"br": made, "": plain}, tag, "text/html")


def packed(every: Mapping[str, bytes], tag: str, mimetype: str) -> Response:
    """Answer with the smallest form that the asker understands."""
    coding = next((code for code in every if code and request.accept_encodings[code]), "")
    answer = Response(every[coding], mimetype=mimetype)
    answer.headers["Vary"] = "Accept-Encoding"
    if coding:
        answer.headers["Content-Encoding"] = coding
    answer.set_etag(f"{tag}{coding}")
    return answer

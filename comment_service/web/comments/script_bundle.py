"""Build the embed script: minified, with its style sheet inside, compressed once per process.

The first view of a thread needs two requests, and a later one only one. The sources are
``static/comments.js`` and ``static/comments.css``; rjsmin and rcssmin remove comments and spaces.
Every content security policy allows a style sheet that a script constructs.
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
from flask import Response

from comment_service.web.http import shared_cache

STYLE_PLACEHOLDER = '"@style"'
"""The string in the script that the style sheet replaces."""


@dataclass(frozen=True)
class Bundle:
    """The script's bytes by content coding ("" for uncompressed), and its ETag."""

    packed: Mapping[str, bytes]
    tag: str


@cache
def build_bundle(folder: str) -> Bundle:
    """Build the script with its style sheet from the files in a folder."""
    sources = {
        name: (Path(folder) / f"comments.{name}").read_text("utf-8") for name in ("js", "css")
    }
    style = json.dumps(rcssmin.cssmin(sources["css"]), ensure_ascii=False)
    plain = rjsmin.jsmin(sources["js"]).replace(STYLE_PLACEHOLDER, style).encode()
    packed = {
        "br": brotli.compress(plain),
        "gzip": gzip.compress(plain, mtime=0),
        "": plain,
    }
    return Bundle(packed, hashlib.sha256(plain).hexdigest()[:32])


def script_response(folder: str) -> Response:
    """Return the script; the front sends it compressed as the client accepts it."""
    bundle = build_bundle(folder)
    shared_cache.share(packed=bundle.packed)
    answer = Response(bundle.packed[""], mimetype="text/javascript")
    answer.set_etag(bundle.tag)
    return answer

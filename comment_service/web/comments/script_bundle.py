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
from flask import Response, request

from comment_service.web.comments.fragment_cache import fragments

BROTLI_QUALITY = 5
"""Brotli quality for answers that are compressed while the client waits."""
MIN_COMPRESSED_BYTES = 2000
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
    """Return the script, compressed as the client accepts it."""
    bundle = build_bundle(folder)
    return compressed_response(bundle.packed, bundle.tag, "text/javascript")


def fragment_response(html: str, tag: str) -> Response:
    """Return a public fragment, compressed as the client accepts it; compressed once per revision.

    It contains no secret, so its compressed length reveals nothing (BREACH).
    """
    plain = html.encode()
    if not request.accept_encodings["br"] or len(plain) < MIN_COMPRESSED_BYTES:
        return compressed_response({"": plain}, tag, "text/html")
    compressed = fragments().get(
        f"{tag} br", lambda: brotli.compress(plain, quality=BROTLI_QUALITY)
    )
    return compressed_response({"br": compressed, "": plain}, tag, "text/html")


def compressed_response(by_coding: Mapping[str, bytes], tag: str, mimetype: str) -> Response:
    """Answer with the first content coding that the client accepts."""
    coding = next((code for code in by_coding if code and request.accept_encodings[code]), "")
    answer = Response(by_coding[coding], mimetype=mimetype)
    answer.headers["Vary"] = "Accept-Encoding"
    if coding:
        answer.headers["Content-Encoding"] = coding
    answer.set_etag(f"{tag}{coding}")
    return answer

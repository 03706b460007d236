"""Small exports of every format, made here: the generators of the tests and benchmarks."""

import gzip
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

WXR = "http://wordpress.org/export/1.2/"


def wxr_comment(number: object, text: str = "Hello", meta: Mapping[str, str] | None = None,
                **more: object) -> str:  # fmt: skip
    """Return a comment of WordPress; keys without ``comment_``."""
    fields: dict[str, object] = {
        "id": number, "author": "Ann", "author_email": "ann@reader.example", "author_url": "",
        "author_IP": "192.0.2.7", "date": "2020-01-02 12:00:00",
        "date_gmt": "2020-01-02 11:00:00", "content": text, "approved": "1", "type": "comment",
        "parent": "0", "user_id": "0", **more,
    }  # fmt: skip
    inside = "".join(
        f"<wp:comment_{key}><![CDATA[{value}]]></wp:comment_{key}>"
        for key, value in fields.items()
        if value is not None
    )
    for key, value in (meta or {}).items():
        inside += (
            f"<wp:commentmeta><wp:meta_key>{key}</wp:meta_key>"
            f"<wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:commentmeta>"
        )
    return f"<wp:comment>{inside}</wp:comment>"


def wxr_item(comments: str = "", *, post: object = 1, link: str = "https://blog.example/post/",
             closed: bool = False, kind: str = "post", guid: str = "") -> str:  # fmt: skip
    """Return a post of WordPress."""
    return (
        f"<item><title>Post {post}</title><link>{escape(link)}</link>"
        f"<guid isPermaLink='false'>{guid or f'https://blog.example/?p={post}'}</guid>"
        f"<content:encoded><![CDATA[{'body ' * 50}]]></content:encoded>"
        f"<wp:post_id>{post}</wp:post_id>"
        f"<wp:comment_status>{'closed' if closed else 'open'}</wp:comment_status>"
        f"<wp:status>publish</wp:status><wp:post_type>{kind}</wp:post_type>{comments}</item>"
    )


def wxr(*items: str, namespace: str = WXR) -> str:
    """Return an export of WordPress."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
        f'xmlns:wp="{namespace}" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>A blog</title>{''.join(items)}</channel></rss>"
    )


def disqus_thread(key: object = 1, link: str = "https://blog.example/post", *, given: str = "",
                  closed: bool = False) -> str:  # fmt: skip
    """Return a thread of Disqus."""
    address = f"<link>{escape(link)}</link>" if link else ""
    return (
        f'<thread dsq:id="{key}"><id>{escape(given)}</id><forum>ablog</forum>{address}'
        f"<title>A post</title><createdAt>2020-01-01T00:00:00Z</createdAt>"
        f"<isClosed>{str(closed).lower()}</isClosed><isDeleted>false</isDeleted></thread>"
    )


def disqus_post(key: object, message: str = "<p>Hello</p>", *, thread: object = 1,
                parent: object = "", attribute: bool = True, given: str = "", name: str = "Ann",
                email: str | None = "ann@reader.example", username: str = "",
                when: str = "2020-01-02T11:00:00Z", spam: bool = False,
                deleted: bool = False) -> str:  # fmt: skip
    """Return a post of Disqus."""
    start = f'<post dsq:id="{key}">' if attribute else "<post>"
    mail = f"<email>{email}</email>" if email is not None else ""
    user = f"<username>{username}</username>" if username else ""
    above = f'<parent dsq:id="{parent}"/>' if parent else ""
    return (
        f"{start}<id>{given}</id><message><![CDATA[{message}]]></message>"
        f"<createdAt>{when}</createdAt><isDeleted>{str(deleted).lower()}</isDeleted>"
        f"<isSpam>{str(spam).lower()}</isSpam><author>{mail}<name>{name}</name>"
        f"<isAnonymous>{str(not username).lower()}</isAnonymous>{user}</author>"
        f'<thread dsq:id="{thread}"/>{above}</post>'
    )


def disqus(*records: str) -> str:
    """Return an export of Disqus."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><disqus xmlns="http://disqus.com" '
        'xmlns:dsq="http://disqus.com/disqus-internals"><category dsq:id="9"><forum>ablog</forum>'
        f"<title>General</title></category>{''.join(records)}</disqus>"
    )


def isso(path: Path, *, version: int = 5, threads: Iterable[tuple[int, str, str]],
         comments: Iterable[tuple[Any, ...]]) -> Path:  # fmt: skip
    """Write a database of Isso; comments are (tid, id, parent, created, mode, text, author, likes).

    Version 3 has no column for notifications.
    """
    with sqlite3.connect(path) as base:
        more = "" if version == 3 else ", notification INTEGER DEFAULT 0"
        base.executescript(
            "CREATE TABLE preferences (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);"
            "CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR UNIQUE, title VARCHAR);"
            "CREATE TABLE comments (tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent "
            "INTEGER, created FLOAT NOT NULL, modified FLOAT, mode INTEGER, remote_addr VARCHAR, "
            "text VARCHAR, author VARCHAR, email VARCHAR, website VARCHAR, likes INTEGER DEFAULT 0,"
            f" dislikes INTEGER DEFAULT 0, voters BLOB NOT NULL{more});"
            f"PRAGMA user_version = {version};"
        )
        base.executemany("INSERT INTO threads VALUES (?, ?, ?)", threads)
        base.executemany(
            "INSERT INTO comments (tid, id, parent, created, mode, text, author, likes, voters, "
            "remote_addr) VALUES (?, ?, ?, ?, ?, ?, ?, ?, x'00', '192.0.2.0')",
            comments,
        )
    base.close()
    return path


def packed(path: Path, content: str | bytes) -> Path:
    """Write a gzip."""
    path.write_bytes(gzip.compress(content.encode() if isinstance(content, str) else content))
    return path


def zipped(path: Path, files: Mapping[str, str]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def lines(*values: object) -> str:
    """Return JSON lines."""
    return "\n".join(json.dumps(value) for value in values) + "\n"

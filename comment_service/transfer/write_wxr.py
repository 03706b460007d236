"""Write WordPress' export format (WXR 1.2): an item for each page, with its comments.

Every status is written: published, pending, spam and rejected (as WordPress' ``trash``); a deleted
comment that has replies keeps its place, in the trash too, so that they keep their parent.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from comment_service.transfer.exported import (
    ExportedComment,
    ExportedPage,
    ExportedSite,
    Source,
    cdata,
    xml_text,
)

MEDIA_TYPE = "application/rss+xml"
SUFFIX = "xml"
STATUSES = {
    "published": "1",
    "pending": "0",
    "spam": "spam",
    "rejected": "trash",
    "deleted": "trash",
}
"""Our status → ``comment_approved``."""

_PARAGRAPH_END = re.compile(r"\s*</p>\s*")
_PARAGRAPH = re.compile(r"<p>\s*")
_BREAK = re.compile(r"<br ?/?>\n?")
_HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- Comments exported by comment-service. Import with WordPress: Tools, Import, WordPress. -->
<rss version="2.0"
\txmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
\txmlns:content="http://purl.org/rss/1.0/modules/content/"
\txmlns:wfw="http://wellformedweb.org/CommentAPI/"
\txmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:wp="http://wordpress.org/export/1.2/">
<channel>
\t<title>{title}</title>
\t<link>{link}</link>
\t<description></description>
\t<pubDate>{date}</pubDate>
\t<wp:wxr_version>1.2</wp:wxr_version>
\t<wp:base_site_url>{link}</wp:base_site_url>
\t<wp:base_blog_url>{link}</wp:base_blog_url>
"""


def write(site: ExportedSite, source: Source) -> Iterator[bytes]:
    """Yield the parts of the file."""
    link = xml_text(site.origin)
    yield _HEAD.format(title=xml_text(site.name), link=link, date=_mail(site.exported_at)).encode()
    for page in source.pages():
        yield _item_head(page).encode()
        for comment in source.comments(page.id):
            yield _comment(comment).encode()
        yield b"\t</item>\n"
    yield b"</channel>\n</rss>\n"


def _mail(time: datetime) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S +0000")


def _plain(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")


def as_wordpress_writes(html: str) -> str:
    """Return a comment's HTML with blank lines for paragraphs and newlines for line breaks.

    WordPress stores comments like that, and drops ``<p>`` and ``<br>`` where whoever imports may
    not use all of HTML.
    """
    return _PARAGRAPH.sub("", _PARAGRAPH_END.sub("\n\n", _BREAK.sub("\n", html))).strip()


def _item_head(page: ExportedPage) -> str:
    status = "closed" if page.closed_at is not None else "open"
    name = page.url.rstrip("/").rpartition("/")[2][:200]
    created = _plain(page.created_at)
    return f"""\t<item>
\t\t<title>{cdata(page.title or page.url)}</title>
\t\t<link>{xml_text(page.url)}</link>
\t\t<pubDate>{_mail(page.created_at)}</pubDate>
\t\t<dc:creator></dc:creator>
\t\t<guid isPermaLink="false">{xml_text(page.url)}</guid>
\t\t<description></description>
\t\t<content:encoded><![CDATA[]]></content:encoded>
\t\t<excerpt:encoded><![CDATA[]]></excerpt:encoded>
\t\t<wp:post_id>{page.id}</wp:post_id>
\t\t<wp:post_date>{created}</wp:post_date>
\t\t<wp:post_date_gmt>{created}</wp:post_date_gmt>
\t\t<wp:comment_status>{status}</wp:comment_status>
\t\t<wp:ping_status>closed</wp:ping_status>
\t\t<wp:post_name>{cdata(name)}</wp:post_name>
\t\t<wp:status>publish</wp:status>
\t\t<wp:post_parent>0</wp:post_parent>
\t\t<wp:menu_order>0</wp:menu_order>
\t\t<wp:post_type>post</wp:post_type>
\t\t<wp:post_password></wp:post_password>
\t\t<wp:is_sticky>0</wp:is_sticky>
"""


def _comment(comment: ExportedComment) -> str:
    created = _plain(comment.created_at)
    return f"""\t\t<wp:comment>
\t\t\t<wp:comment_id>{comment.id}</wp:comment_id>
\t\t\t<wp:comment_author>{cdata(comment.name)}</wp:comment_author>
\t\t\t<wp:comment_author_email>{cdata(comment.email)}</wp:comment_author_email>
\t\t\t<wp:comment_author_url>{cdata(comment.url)}</wp:comment_author_url>
\t\t\t<wp:comment_author_IP></wp:comment_author_IP>
\t\t\t<wp:comment_date>{created}</wp:comment_date>
\t\t\t<wp:comment_date_gmt>{created}</wp:comment_date_gmt>
\t\t\t<wp:comment_content>{cdata(as_wordpress_writes(comment.html))}</wp:comment_content>
\t\t\t<wp:comment_approved>{STATUSES[comment.status]}</wp:comment_approved>
\t\t\t<wp:comment_type>comment</wp:comment_type>
\t\t\t<wp:comment_parent>{comment.parent_id or 0}</wp:comment_parent>
\t\t\t<wp:comment_user_id>0</wp:comment_user_id>
\t\t</wp:comment>
"""

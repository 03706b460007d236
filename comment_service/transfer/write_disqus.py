"""Write XML in the shape of Disqus' export: a category, all threads, then all posts."""

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

MEDIA_TYPE = "application/xml"
SUFFIX = "xml"
_CATEGORY = 1
_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<category dsq:id="{category}"><forum>{forum}</forum><title>General</title>\
<isDefault>true</isDefault></category>
"""


def write(site: ExportedSite, source: Source) -> Iterator[bytes]:
    """Yield the parts of the file.

    A deleted or rejected comment is ``isDeleted``, spam is ``isSpam``; a pending one has
    ``isApproved`` false, which Disqus' own exports do not have.
    """
    yield _HEAD.format(category=_CATEGORY, forum=xml_text(site.key)).encode()
    for page in source.pages():
        yield _thread(site, page).encode()
    for page in source.pages():
        for comment in source.comments(page.id):
            yield _post(page, comment).encode()
    yield b"</disqus>\n"


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _thread(site: ExportedSite, page: ExportedPage) -> str:
    return f"""<thread dsq:id="{page.id}">
<id>{xml_text(page.url)}</id>
<forum>{xml_text(site.key)}</forum>
<category dsq:id="{_CATEGORY}"/>
<link>{xml_text(page.url)}</link>
<title>{xml_text(page.title)}</title>
<message/>
<createdAt>{_time(page.created_at)}</createdAt>
<isClosed>{_yes(page.closed_at is not None)}</isClosed>
<isDeleted>false</isDeleted>
</thread>
"""


def _post(page: ExportedPage, comment: ExportedComment) -> str:
    parent = f'<parent dsq:id="{comment.parent_id}"/>\n' if comment.parent_id else ""
    email = f"<email>{xml_text(comment.email)}</email>" if comment.email else ""
    pending = "<isApproved>false</isApproved>\n" if comment.status == "pending" else ""
    return f"""<post dsq:id="{comment.id}">
<id/>
<message>{cdata(comment.html)}</message>
<createdAt>{_time(comment.created_at)}</createdAt>
<isDeleted>{_yes(comment.status in {"deleted", "rejected"})}</isDeleted>
<isSpam>{_yes(comment.status == "spam")}</isSpam>
{pending}<author>{email}<name>{xml_text(comment.name)}</name><isAnonymous>true</isAnonymous></author>
<thread dsq:id="{page.id}"/>
{parent}</post>
"""

"""Pages of other servers, made well-formed before Python's own parser reads them.

Python's parser takes hours for some broken pages of a few hundred kilobytes (``<a <a <a …``). nh3,
a parser in Rust, takes time that grows with the size, and does not block other threads.
"""

import nh3

_ATTRIBUTES = {
    "a": {"href", "rel"},
    "base": {"href"},
    "comment-thread": {"site", "page", "lang", "id", "class"},
    "link": {"href", "rel"},
    "meta": {"content", "http-equiv", "name", "property"},
    "script": {"async", "crossorigin", "defer", "id", "integrity", "nonce", "src", "type"},
}
_CLEANER = nh3.Cleaner(
    tags={*_ATTRIBUTES, "title"},
    clean_content_tags={"math", "noscript", "style", "svg", "template", "textarea"},
    attributes=_ATTRIBUTES,
    generic_attribute_prefixes={"data-"},
    link_rel=None,
)


def well_formed(html: str) -> str:
    """Return title, links, scripts, comment elements and metadata of a page, and its text."""
    return _CLEANER.clean(html)

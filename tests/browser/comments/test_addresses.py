"""Page addresses compared with those that Chromium makes of the same text."""

from itertools import product

from playwright.sync_api import Browser

from comment_service.text.addresses import clean_page_url, origin, page_key

HOSTS = [
    "blog.example", "BLOG.example:443", "blog.example:8080", "blog.example.", "straße.example",
    "faß.de:80", "bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "日本語.jp",
    "ｂｌｏｇ.example", "①.example", "a%2eexample", "%C3%BC.example", "127.1", "0x7f.1",
    "2130706433", "[::1]", "[0:0::1]:8000", "a_b.example", "i❤.example", "soft\u00adhyphen.example",
    "ς.example", "ΣΣ.example", "نامه‌ای.com", "a\u200db.example", "x..y", "a b.example",
    "a<b.example", "[::1", "blog.example:99999", "blog.example:", "", "user@blog.example",
    "xn--a.example", "-a.example", "ab--c.example", "a。example", "256.1.1.1", "1.2.3.4.5",
]  # fmt: skip
PATHS = [
    "", "/", "/post/Größe", "/post/Gr%C3%B6%c3%9fe", "/a/../b", "/a/%2e%2E/b", "/./a//b/", "\\a\\b",
    "/C++虚函数/", "/a b", "/a%20b\t/c", "/%zz/%", "/%E9", '/"<>`{}|^\'', "/a;b=1,c@d:e!$&()*~",
    "/e\u0301", "/\U0001f600", "/\u202e\u3000\u00a0x", "//x/..//y", "/..", "/a/.", "/a/..%2f",
    "/index.php?/blog/my-post", "/?t=%E9&q=a+b&ü='\"<>", "/?a?b=c=d", "/?\\x#y", "/#/route", "#!r",
    "/a#/b?c=d#e", "?x", "?", "#",
]  # fmt: skip

SCHEMES = ["http:", "https:/", "https:///", " HTTPS://\n", "ht\ttps://", "http:\\\\"]

NEW_URL = """urls => urls.map((url) => {
  try { const { href, username } = new URL(url); return { href, username }; } catch { return null; }
})"""


def test_addresses_are_those_of_the_browser(chromium: Browser) -> None:
    page = chromium.new_page()
    urls = [f"https://{host}{rest}" for host, rest in product(HOSTS, PATHS)]
    urls += [f"{scheme}blog.example/a" for scheme in SCHEMES]
    made = page.evaluate(NEW_URL, urls)
    page.close()
    assert len(urls) > 1000
    different = {}
    for url, found in zip(urls, made, strict=True):
        taken = found if found is not None and not found["username"] else None
        if (ours := _normal_form(url)) != (theirs := taken and _normal_form(taken["href"])):
            different[url] = ours, theirs
    assert different == {}


def _normal_form(url: str) -> tuple[str, str] | None:
    """Return origin and key of a page's URL, None if it is refused."""
    try:
        address = clean_page_url(url)
    except ValueError:
        return None
    return origin(address), page_key(address)

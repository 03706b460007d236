"""A page's address stays as typed; its key is one for all spellings."""

import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comment_service.text.addresses import clean_page_url, comment_url, origin, page_key
from comment_service.text.tracking import without_tracking

BLOG = "https://blog.example"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("HTTPS://Blog.Example:443/Post", "https://blog.example/Post"),
        ("https://blog.example", "https://blog.example/"),
        ("https://blog.example/a?utm_source=x&id=7&fbclid=1#c", "https://blog.example/a?id=7"),
        ("http://127.0.0.1:5000/a", "http://127.0.0.1:5000/a"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/ä"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
        ("https://blog.example./a", "https://blog.example/a"),
        (" https://blog.example/a\n", "https://blog.example/a"),
        ("https:\\\\blog.example\\a", "https://blog.example/a"),
        ("https://blog.example\\@evil.example/", "https://blog.example/@evil.example/"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
    ],
)
def test_page_urls_are_normalised(url: str, address: str) -> None:
    assert clean_page_url(url) == address
    assert clean_page_url(address) == address


@pytest.mark.parametrize(
    "rest",
    [
        "/index.php?/blog/my-post", "/?/blog/my-post&page=2", "/?t=%E9", "/?a", "/?a=&b", "/?q=a+b",
        "/?q=a%20b", "/post/Größe", "/post/Gr%C3%B6%C3%9Fe", "/caf%c3%a9", "/cafe%CC%81", "/C++/",
        "/C%2B%2B/", "/a//b/", "/a;b=1", "/a'b(c)!*", "/?a=b=c", "/?b=2&a=1", "/a/../b",
        "/%E2%98%83?x=%zz", "/#/post/1", "/app#!post", "/app?a=1#/post?b=2",
    ],
)  # fmt: skip
def test_what_a_browser_sent_is_not_encoded_again(rest: str) -> None:
    assert clean_page_url(BLOG + rest) == BLOG + rest


def test_characters_that_would_end_a_link_are_encoded() -> None:
    assert clean_page_url(f'{BLOG}/a b?"<x>"') == f"{BLOG}/a%20b?%22%3Cx%3E%22"


@pytest.mark.parametrize(
    "url",
    ["", "/post", "ftp://a.example", "https://", "https://user:pw@a.example/", "https://a:x/",
     "https://a.example/" + "x" * 2000, "https://a.example/" + "字" * 700, "https://[::1",
     "https://a..example/", f"https://{'a' * 64}.example/", f"https://{'a.' * 130}example/",
     "https://@a.example/", "https://a.example:99999/", "https://a b.example/", "https://a%00b/",
     "javascript://a.example/%0aalert(1)"],
)  # fmt: skip
def test_invalid_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        clean_page_url(url)


@pytest.mark.parametrize("letter", ["\ufdfa", "%EF%B7%BA", "a", "ß", "\u0345"])
def test_a_long_host_costs_nothing(letter: str) -> None:
    clean_page_url("https://b.example/")  # loads what the first call loads
    started = time.process_time()
    with pytest.raises(ValueError, match="at most 253 characters"):
        clean_page_url(f"https://{letter * 28_000}/")
    assert time.process_time() - started < 0.3


def test_an_origin_has_no_path() -> None:
    assert origin("https://Blog.example:8443/a") == "https://blog.example:8443"


ONE_PAGE = [
    ("/C++虚函数/", "/C++%E8%99%9A%E5%87%BD%E6%95%B0/", "/C%2B%2B%e8%99%9a%e5%87%bd%e6%95%b0"),
    ("/caf%c3%a9", "/caf%C3%A9", "/café", "/cafe%CC%81", "/cafe\u0301", "/CAF/../café"),
    ("/a b", "/a%20b"),
    ("/a ?b", "/a%20?b"),
    ("/C++/", "/C%2B%2B/"),
    ("/p/2018/09/22/podcast/", "/p/2018/09/22//podcast/", "//p/2018/09/22/podcast"),
    ("/post", "/post/", "/post/index.html", "/post/index.php", "/post/index%2Ehtml", "/post//"),
    ("/~ada", "/%7Eada", "/%7eada"),
    ("/?b=2&a=1", "/?a=1&b=2", "/?a=1&&b=2&", "/?%61=1&b=2"),
    ("/?q=a+b", "/?q=a%20b", "/?q=a b"),
    ("/?q=ö", "/?q=%C3%B6", "/?q=o%CC%88"),
    ("/?preview", "/?preview="),
    ("/index.php?/blog/my-post", "/?/blog/my-post", "/index.php?%2Fblog%2Fmy-post="),
    ("/100%", "/100%25"),
    ("/a%zz", "/a%25zz"),
    ("/", "", "/#top", "/#/", "/#!", "/?", "/#:~:text=a"),
    ("/#/?id=1", "/#/?id=1&utm_source=a"),
    ("/#/post/1", "/#/post/1/", "/#/post/1#comment-7", "/#/post//1", "/#/p%6Fst/1"),
    ("/x", "\\x", "/./x", "/y/%2e%2e/x", "/x?utm_source=a"),
]
"""Rows of spellings; each row is one page, and no two rows are."""


@pytest.mark.parametrize("spellings", ONE_PAGE, ids=lambda row: row[0])
def test_spellings_of_one_page_have_one_key(spellings: tuple[str, ...]) -> None:
    assert len({page_key(clean_page_url(BLOG + one)) for one in spellings}) == 1


def test_pages_have_different_keys() -> None:
    assert len({page_key(BLOG + row[0]) for row in ONE_PAGE}) == len(ONE_PAGE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/?t=%E9", "/?t=%E8"),
        ("/%E9", "/%E8"),
        ("/%E9", "/%EF%BF%BD"),
        ("/a%2Fb", "/a/b"),
        ("/a%3Fb", "/a?b"),
        ("/a%23/b", "/a#/b"),
        ("/%2541", "/A"),
        ("/?q=a%2Bb", "/?q=a+b"),
        ("/?a=1%26b", "/?a=1&b"),
        ("/?a%3D1=", "/?a=1"),
        ("/Post", "/post"),
        ("/#/one", "/#/two"),
        ("/#/one", "/one"),
        ("/#!/one", "/#/one"),
        ("/#/p?a=1", "/?a=1#/p"),
    ],
)
def test_what_a_server_can_tell_apart_is_two_pages(one: str, other: str) -> None:
    assert page_key(BLOG + one) != page_key(BLOG + other)


def test_a_long_key_is_cut_to_what_an_index_takes() -> None:
    keys = {page_key(clean_page_url(f"{BLOG}/{'%' * 1900}{end}")) for end in "ab"}
    assert len(keys) == 2
    assert all(len(key.encode()) <= 2000 for key in keys)


@pytest.mark.parametrize(
    "name",
    ["utm_source", "UTM_Medium", "fbclid", "gclid", "gbraid", "wbraid", "gad_source", "ttclid",
     "twclid", "li_fat_id", "srsltid", "mtm_campaign", "matomo_kwd", "pk_campaign", "ysclid",
     "yclid", "_gl", "_ga", "s_cid", "epik", "igsh", "igshid", "msclkid", "mc_eid", "_hsenc",
     "mkt_tok", "utm%5Fsource"],
)  # fmt: skip
def test_tracking_parameters_are_dropped(name: str) -> None:
    assert clean_page_url(f"{BLOG}/a?x=%c3%a4&{name}=1&/y") == f"{BLOG}/a?x=%c3%a4&/y"
    assert clean_page_url(f"{BLOG}/#/a?{name}=1") == f"{BLOG}/#/a"


@pytest.mark.parametrize("name", ["si", "id", "p", "page", "ref", "pk", "ga", "v", "utm", "mtm"])
def test_other_parameters_stay(name: str) -> None:
    assert without_tracking(f"{name}=1") == f"{name}=1"


def test_a_comment_s_url_works_with_hash_routers() -> None:
    assert comment_url(f"{BLOG}/a", 7) == f"{BLOG}/a#comment-7"
    linked = comment_url(f"{BLOG}/#/a", 7)
    assert clean_page_url(linked) == f"{BLOG}/#/a"


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
PATHS = st.lists(WORDS, min_size=1, max_size=4)
HOSTS = st.sampled_from(["blog.example", "WWW.Blog.example:8080", "bücher.example", "[::1]"])
TYPED = st.builds(
    lambda host, rest: f"https://{host}/{rest}",
    HOSTS,
    st.text(st.sampled_from("aé\u0301%2fF0CcDd/.?&=+#!\\ ßö字"), max_size=40),
)


@given(TYPED)
def test_cleaning_again_changes_nothing(url: str) -> None:
    address = clean_page_url(url)
    assert clean_page_url(address) == address
    assert page_key(address) == page_key(url)
    key = page_key(address)
    assert page_key(f"https://{key}") == key


@given(PATHS, WORDS, st.booleans())
def test_encoding_again_keeps_the_key(path: list[str], word: str, lower: bool) -> None:
    path = [segment for segment in path if segment.strip(".")]
    encoded = "/".join(quote(segment, safe="") for segment in path), quote(word, safe="")
    raw = "/".join(_raw(segment) for segment in path), _raw(word)
    one, other = (f"{BLOG}/{p}?a={w}" for p, w in (encoded, raw))
    assert page_key(one) == page_key(other)
    assert page_key(clean_page_url(other)) == page_key(one)
    if lower and one.isascii():
        low = "".join(f"%{p[:2].lower()}{p[2:]}" for p in one.split("%")[1:])
        assert page_key(one.split("%")[0] + low) == page_key(one)


def _raw(text: str) -> str:
    """Return a text with only the characters encoded that mean something else when they are raw."""
    return "".join(quote(c, safe="") if c in "/?#\\%&=+ \t" else c for c in text)

"""The embed check: why comments do not show up, and whether the suggested fix works."""

import pytest
from flask import Flask

from comment_service.actions.pages.embed_check import check_page
from comment_service.fetching import FetchedPage
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session

HOME = "https://comments.example"
LINE = f'<script src="{HOME}/embed.js" data-site="default" async></script>'
HEAD = '<link rel="canonical" href="https://blog.example/post">'


def look(
    app: Flask,
    html: str = HEAD + LINE,
    url: str = "https://blog.example/post",
    status: int = 200,
    policy: str = "",
    hops: tuple[str, ...] = (),
) -> dict[str, str]:
    """Return the findings that are not OK: name → sentence and remedy."""
    headers = {"content-security-policy": policy} if policy else {}
    page = FetchedPage(url, status, headers, html, hops)
    with app.app_context():
        found = check_page(sites=sites.all_sites(session()), service=HOME, page=page)
    told: dict[str, str] = {}
    for one in found:
        if one.status != "ok":
            told[one.name] = f"{told.get(one.name, '')} {one.sentence} {one.remedy}"
    return told


def test_correct_page(lite: Flask) -> None:
    assert look(lite) == {}
    assert look(lite, hops=("http://blog.example/post",)) == {}


def test_correct_page_with_iframe(lite: Flask) -> None:
    line = LINE.replace("embed.js", "static/framing.js")
    assert look(lite, HEAD + line) == {}
    policy = f"default-src 'none'; script-src {HOME}"
    assert "frame-src" in look(lite, HEAD + line, policy=policy)["csp"]
    assert look(lite, HEAD + line, policy=f"{policy}; frame-src {HOME}") == {}


def test_data_page_needs_no_canonical_url(lite: Flask) -> None:
    assert look(lite, LINE.replace(" async", ' data-page="/post" async')) == {}


@pytest.mark.parametrize(
    ("html", "name", "says"),
    [
        (HEAD, "snippet", LINE),
        (HEAD + LINE.replace("comments.example", "other.example"), "service", LINE),
        (HEAD + LINE.replace("default", "nobody"), "site", "no site “nobody” here; there is "),
        (HEAD + LINE.replace(' data-site="default"', ""), "site", LINE),
        (LINE, "canonical", '<link rel="canonical" href="https://blog.example/post">'),
        ('<link rel="canonical" href="https://b.example/">' + LINE, "canonical",
         "add-origin default https://b.example"),
        ('<link rel="canonical" href="mailto:a">' + LINE, "canonical", "is no address"),
    ],
)  # fmt: skip
def test_findings_say_how_to_fix_them(lite: Flask, html: str, name: str, says: str) -> None:
    found = look(lite, html)
    assert list(found) == [name]
    assert says in found[name]


def test_an_origin_that_is_not_registered(lite: Flask) -> None:
    found = look(lite, HEAD + LINE, "https://www.blog.example/post")
    assert "https://blog.example is, which is another origin" in found["origin"]
    assert "site add-origin default https://www.blog.example" in found["origin"]


def test_missing_page(lite: Flask) -> None:
    assert "404" in look(lite, status=404)["page"]


FULL = f"script-src {HOME}; connect-src {HOME}; img-src {HOME}"


@pytest.mark.parametrize(
    ("policy", "missing"),
    [
        (f"default-src 'none'; {FULL}", ""),
        ("default-src https:", ""),
        ("default-src *.example; object-src 'none'", ""),
        (f"script-src {HOME}:443; style-src 'none'; connect-src https:; img-src *", ""),
        ("default-src 'self'", "script-src"),
        (f"default-src 'none'; {FULL.replace('connect-src', 'font-src')}", "connect-src"),
        (f"{FULL}, script-src 'self'", "script-src"),
        (f"script-src 'strict-dynamic' {HOME}", "script-src"),
        (f"script-src {HOME}:8443", "script-src"),
        (f"script-src {HOME}/other/", "script-src"),
        ("script-src http://comments.example", ""),
        ("script-src https://*.comments.example", "script-src"),
    ],
)
def test_blocking_csp(lite: Flask, policy: str, missing: str) -> None:
    found = look(lite, policy=policy)
    if missing:
        assert f"Add {HOME} to {missing}" in found["csp"]
    else:
        assert found == {}


def test_meta_csp_and_nonce(lite: Flask) -> None:
    meta = "<meta http-equiv='Content-Security-Policy' content=\"script-src 'nonce-abc'\">"
    assert "script-src" in look(lite, meta + HEAD + LINE)["csp"]
    assert look(lite, meta + HEAD + LINE.replace(" async", " async nonce=abc")) == {}


def test_trusted_types_need_our_policy(lite: Flask) -> None:
    asked = "require-trusted-types-for 'script'; trusted-types "
    assert "comments" in look(lite, policy=f"{asked}other")["csp"]
    assert look(lite, policy=f"{asked}comments") == {}


def test_mixed_content(lite: Flask) -> None:
    page = FetchedPage("https://blog.example/post", 200, {}, HEAD + LINE.replace("https", "http"))
    with lite.app_context():
        found = check_page(
            sites=sites.all_sites(session()), service="http://comments.example", page=page
        )
    assert "mixed" in {one.name for one in found}

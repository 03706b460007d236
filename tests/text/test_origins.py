"""Which origins can be registered, and what a ``*`` covers."""

import pytest

from comment_service.text.origins import is_registered, registered_origin


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://Blog.example/some/page", "https://blog.example"),
        (" https://*.blog.example ", "https://*.blog.example"),
        ("https://*.Blog.example:8443/", "https://*.blog.example:8443"),
        ("http://*.blog.example:80", "http://*.blog.example"),
    ],
)
def test_an_origin_is_normalised(typed: str, stored: str) -> None:
    assert registered_origin(typed) == stored


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("*", "only at the beginning"),
        ("https://*", "only at the beginning"),
        ("https://blog.*.example", "only at the beginning"),
        ("https://*.*.blog.example", "different owners"),
        ("https://*.com", "different owners"),
        ("https://*.co.uk", "different owners"),
        ("https://*.github.io", "different owners"),
        ("*.blog.example", "only at the beginning"),
        ("ftp://*.blog.example", "http://"),
    ],
)
def test_a_useless_origin_is_refused(typed: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        registered_origin(typed)


@pytest.mark.parametrize(
    ("origin", "covered"),
    [
        ("https://en.blog.example", True),
        ("https://a.b.blog.example", True),
        ("https://other.example", True),
        ("https://blog.example", False),
        ("http://en.blog.example", False),
        ("https://en.blog.example:8443", False),
        ("https://evilblog.example", False),
        ("https://en.blog.example.evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_a_star_covers_the_hosts_below_a_domain(origin: str, covered: bool) -> None:
    assert is_registered(origin, ["https://*.blog.example", "https://other.example"]) is covered

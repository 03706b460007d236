import time

import pytest

from comment_service.text import links


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://a.example/x, and (www.b.example).", ["https://a.example/x", "www.b.example"]),
        ("bit.ly/abc", ["bit.ly/abc"]),
        ("e.g. this.Is not, nor 3.14 nor a@b.com", []),
        ("**http://a.example**", ["http://a.example"]),
    ],
)
def test_urls_are_found_as_written(text: str, found: list[str]) -> None:
    assert links.urls(text) == found


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://a.b.example.co.uk/x", "example.co.uk"),
        ("www.Example.org", "example.org"),
        ("http://127.0.0.1:80/", "127.0.0.1"),
        ("http://[::1]/", "::1"),
        ("https://bücher.example", "xn--bcher-kva.example"),
        ("http://" + "ü" * 70 + ".example", ""),
        ("", ""),
    ],
)
def test_the_registrable_domain(url: str, domain: str) -> None:
    assert links.domain(url) == domain


def test_domains_are_those_of_browsers_and_cost_nothing() -> None:
    assert links.domain("https://www.straße.example/") == "xn--strae-oqa.example"
    started = time.process_time()
    assert links.domain(f"https://{chr(0xFDFA) * 20_000}.example/") == ""
    assert time.process_time() - started < 0.4

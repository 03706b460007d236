import pytest

from comment_service.text.addresses import clean_page_url, origin


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("HTTPS://Blog.Example:443/Post", "https://blog.example/Post"),
        ("https://blog.example", "https://blog.example/"),
        ("https://blog.example/a?utm_source=x&id=7&fbclid=1#c", "https://blog.example/a?id=7"),
        ("http://127.0.0.1:5000/a", "http://127.0.0.1:5000/a"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/ä"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
    ],
)
def test_page_urls_are_normalised(url: str, address: str) -> None:
    assert clean_page_url(url) == address
    assert clean_page_url(address) == address


@pytest.mark.parametrize(
    "url",
    ["", "/post", "ftp://a.example", "https://", "https://user:pw@a.example/", "https://a:x/",
     "https://a.example/" + "x" * 2000, "https://[::1"],
)  # fmt: skip
def test_invalid_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        clean_page_url(url)


def test_an_origin_has_no_path() -> None:
    assert origin("https://Blog.example:8443/a") == "https://blog.example:8443"

import pytest

from comment_service.text.names import clean_name, clean_website


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("\u202eevil\u202c\u200b", "evil"),
        ("حسين", "حسين"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\u200d\u200b \u2066", ""),
        ("<b>", "<b>"),
        ("e\u0301", "é"),
    ],
)
def test_names_lose_invisible_characters(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("blog.example", "https://blog.example"),
        ("http://blog.example/a?b=c", "http://blog.example/a?b=c"),
        ("javascript:alert(1)", ""),
        ("https://user@blog.example", ""),
        ("https://localhost", ""),
        ("/moderation", ""),
        ('https://blog.example/"><script>', ""),
        ("https://[broken", ""),
        ("undefined", ""),
    ],
)
def test_websites_are_http_urls_or_empty(typed: str, kept: str) -> None:
    assert clean_website(typed) == kept

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
def test_a_name_loses_what_nobody_sees(name: str, clean: str) -> None:
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
def test_a_website_is_an_address_of_the_web_or_nothing(typed: str, kept: str) -> None:
    assert clean_website(typed) == kept

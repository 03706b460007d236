"""Settings: one place, read from mappings and files, refused by name where they are wrong."""

import re
from pathlib import Path
from typing import Any

import pytest

from comment_service.app import create_app
from comment_service.config import KEYS, Settings, document, environment, read_settings
from comment_service.errors import SetupError
from comment_service.identity.registry import build_providers

NUMBERS = [key for key, one in KEYS.items() if one.type in {int, float}]
TEXTS = [key for key, one in KEYS.items() if one.type is str]
LISTS = [
    key
    for key, one in KEYS.items()
    if one.type not in {int, float, str, bool} and one.default == ()
]


def test_the_stronger_source_wins() -> None:
    settings = read_settings({"COMMENTS_POLICY": "all"}, {"COMMENTS_POLICY": "first", "OTHER": 1})
    assert settings.policy == "all"


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("COMMENTS_WORKER", "off", False),
        ("COMMENTS_MAX_LINKS", "5", 5),
        ("COMMENTS_MIN_SECONDS", "0.5", 0.5),
        ("COMMENTS_ORIGINS", "https://a.example, https://b.example",
         ("https://a.example", "https://b.example")),
        ("COMMENTS_ORIGINS", ["https://a.example"], ("https://a.example",)),
    ],
)  # fmt: skip
def test_texts_become_the_key_s_type(key: str, text: object, value: object) -> None:
    assert getattr(read_settings({key: text}), KEYS[key].name) == value


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("COMMENTS_TYPO", "x"),
        ("COMMENTS_MAX_LINKS", "many"),
        ("COMMENTS_MAX_LINKS", True),
        ("COMMENTS_WORKER", "perhaps"),
        ("COMMENTS_POLICY", "strict"),
        ("COMMENTS_HOLD_AT", "1.5"),
        ("COMMENTS_PREFIX", "comments/"),
        ("COMMENTS_HEADING_LEVEL", "9"),
        ("COMMENTS_PAGE_SIZE", "0"),
        ("COMMENTS_SMTP_URL", "smtp://host"),
        *((key, "-1") for key in NUMBERS),
        *((key, value) for key in NUMBERS for value in (True, "x", float("nan"), float("inf"))),
        *((key, 2.7) for key in NUMBERS if KEYS[key].type is int),
        *((key, 10**9) for key in NUMBERS if key.endswith("_DAYS")),
        *((key, value) for key in TEXTS for value in (True, ["x"], {"a": 1}, b"x", "a\0", "a\nb")),
        *((key, value) for key in LISTS for value in ({"a": "b"}, [["x"]], [True], 5)),
        ("COMMENTS_MAIL_FROM", "me"),
        ("COMMENTS_MAIL_TO", "me"),
        ("COMMENTS_SITE", "a b"),
    ],
)
def test_what_cannot_work_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=key):
        read_settings({key: value})


@pytest.mark.parametrize(
    "url", ["mail.example", "http://x", "smtp://", "smtp://x:abc", "smtp://x/y"]
)
def test_a_mail_server_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="COMMENTS_SMTP_URL is an address such as"):
        read_settings({"COMMENTS_SMTP_URL": url, "COMMENTS_MAIL_FROM": "My blog <a@b.example>"})


@pytest.mark.parametrize(
    ("primary", "replica"),
    [
        ("", "postgresql://db/comments"),
        ("sqlite:////srv/a.sqlite3", "postgresql://db/comments"),
        ("postgresql://db/comments", "sqlite:////srv/a.sqlite3"),
        ("postgresql://db/comments", "replica.example"),
    ],
)
def test_a_replica_needs_two_servers(primary: str, replica: str) -> None:
    urls = {"COMMENTS_DATABASE_URL": primary, "COMMENTS_REPLICA_URL": replica}
    with pytest.raises(ValueError, match="COMMENTS_REPLICA_URL takes a URL such as postgresql://"):
        read_settings(urls)
    working = "postgresql+psycopg://c:p%40@db/comments"
    assert read_settings(dict.fromkeys(urls, working)).replica_url == working


def test_thresholds_stand_in_order() -> None:
    with pytest.raises(ValueError, match="COMMENTS_HOLD_AT must not be above"):
        read_settings({"COMMENTS_HOLD_AT": 0.9, "COMMENTS_SPAM_AT": 0.5})


def test_none_counts_as_not_set() -> None:
    settings = read_settings({"COMMENTS_FOLDER": None}, {"COMMENTS_FOLDER": Path("/srv/c")})
    assert settings.folder == "/srv/c"


def test_an_error_names_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "comments.toml"
    monkeypatch.setenv("COMMENTS_CONFIG", str(file))
    for line in ('polcy = "first"', 'policy = "strict"', "grace = nan", 'locale = "xx"',
                 'origins = ["https://a.example,"]'):  # fmt: skip
        file.write_text(f"testing = true\n{line}\n", encoding="utf-8")
        with pytest.raises((ValueError, SetupError), match=re.escape(f"It is set in {file}.")):
            create_app()
    monkeypatch.setenv("COMMENTS_POLICY", "strict")
    file.write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="COMMENTS_POLICY is set in the environment"):
        read_settings(environment())
    with pytest.raises(ValueError, match=r"did you mean COMMENTS_POLICY\?"):
        read_settings({"COMMENTS_POLCY": "first"})
    file.write_bytes(b'site_name = "Caf\xe9"')
    with pytest.raises(ValueError, match="is not UTF-8"):
        environment()


@pytest.mark.parametrize(("tag", "code"), [("pt-br", "pt_BR"), ("DE", "de"), ("de_AT", "de_AT")])
def test_a_language_is_read_as_browsers_write_it(tag: str, code: str) -> None:
    app = create_app({"COMMENTS_TESTING": True, "COMMENTS_LOCALE": tag})
    assert app.extensions["comments"].settings.locale == code
    page = app.test_client().get("/thread.html?site=default&page=https://blog.example/a")
    assert page.status_code < 500


def test_a_file_lies_under_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "comments.toml"
    file.write_text('policy = "first"\nmax_links = 7\norigins = ["https://a.example"]\n')
    monkeypatch.setenv("COMMENTS_CONFIG", str(file))
    monkeypatch.setenv("COMMENTS_MAX_LINKS", "9")
    settings = read_settings(environment())
    assert (settings.policy, settings.max_links) == ("first", 9)
    assert settings.origins == ("https://a.example",)


def test_every_key_has_a_meaning_and_a_row() -> None:
    table = document()
    for key, declared in KEYS.items():
        assert declared.metadata["meaning"].endswith((".", ")"))
        assert f"`{key}`" in table
    assert Settings().policy == "uncertain"


def test_tables_come_from_toml_json_and_single_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml = tmp_path / "comments.toml"
    toml.write_text('[providers.github]\nclient_id = "from the file"\nclient_secret = "s"\n')
    monkeypatch.setenv("COMMENTS_CONFIG", str(toml))
    monkeypatch.setenv("COMMENTS_PROVIDERS__GITHUB__CLIENT_ID", "from the environment")
    monkeypatch.setenv("COMMENTS_PROVIDERS__X__CLIENT_ID", "another")
    read = read_settings(environment()).providers
    github = {"client_id": "from the environment", "client_secret": "s"}
    assert read == {"github": github, "x": {"client_id": "another"}}
    json = '{"gitlab": {"client_id": "as JSON"}}'
    assert read_settings({"COMMENTS_PROVIDERS": json}).providers["gitlab"]


@pytest.mark.parametrize("value", ["nonsense", "[]", '{"github": 1}', 7])
def test_what_is_no_table_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="COMMENTS_PROVIDERS takes a table of tables"):
        read_settings({"COMMENTS_PROVIDERS": value})


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ({"github": {}}, "github needs client_id"),
        ({"github": {"client": "x"}}, "github has no “client”"),
        ({"github": {"client_id": 7}}, "github.client_id has the wrong shape"),
        ({"mine": {"client_id": "x"}}, "mine needs issuer"),
        ({"mine": {"kind": "saml"}}, "mine.kind is one of"),
        ({"email": {}}, "“email” cannot be the name"),
        ({"a b": {}}, "“a b” cannot be the name"),
        ({"apple": {"client_id": "x"}}, "apple needs team_id, key_id, private_key"),
    ],
)
def test_a_provider_that_cannot_work_is_named(rows: dict[str, dict[str, Any]], why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        build_providers(rows, NoApps())


class NoApps:
    """Keeps nothing."""

    def find(self, provider: str, host: str, redirect_url: str) -> tuple[str, str] | None:
        return None

    def keep(self, provider: str, host: str, redirect_url: str, app: tuple[str, str]) -> None:
        raise AssertionError

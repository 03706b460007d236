"""Settings: one place, read from mappings and files, refused by name where they are wrong."""

import re
from pathlib import Path
from typing import Any

import pytest

from comment_service.config import KEYS, Settings, document, environment, read_settings
from comment_service.identity.registry import build_providers


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
    ],
)
def test_what_cannot_work_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=key):
        read_settings({key: value})


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

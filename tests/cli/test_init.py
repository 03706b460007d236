"""``comment-service init`` writes settings that work, a unit, and a block with the right names."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from comment_service import cli
from comment_service.app import create_app, prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.config import KEYS, PREFIX, read_settings, read_toml
from comment_service.extension import CommentService

GROUP = cli.group("comment-service", Assembly(create_app, CommentService, prepare, start))
ANSWERS = {
    "--public-url": "https://comments.example/",
    "--origin": "https://blog.example https://www.blog.example",
    "--smtp-url": "",
    "--moderator": "",
}


def init(folder: Path, *more: str, typed: str = "", **changes: str | None) -> Result:
    answers = {**ANSWERS, **{f"--{key.replace('_', '-')}": value for key, value in changes.items()}}
    flags = [text for key, value in answers.items() if value is not None for text in (key, value)]
    environment = {"COMMENTS_ALLOW_VOLATILE": "1", "COMMENTS_CONFIG": None}
    arguments = ["init", *flags, "--output", str(folder), "--folder", str(folder / "data"), *more]
    return CliRunner(env=environment).invoke(GROUP, arguments, input=typed)


def test_the_file_holds_the_answers_and_is_private(tmp_path: Path) -> None:
    done = init(tmp_path, smtp_url="smtp://user:secret@mail.example:587")
    assert done.exit_code == 0, done.output
    file = tmp_path / "comment-service.toml"
    settings = read_settings(read_toml(file))
    assert settings.public_url == "https://comments.example"
    assert settings.origins == ("https://blog.example", "https://www.blog.example")
    assert settings.mail_from == "comments@comments.example"
    assert settings.trusted_proxies == ("127.0.0.1", "::1")
    assert file.stat().st_mode & 0o077 == 0
    assert f"serve --config {file}" in done.output


def test_missing_answers_are_asked_for(tmp_path: Path) -> None:
    typed = "https://comments.example\nhttps://blog.example\n\n\n"
    asked = dict.fromkeys(("public_url", "origin", "smtp_url", "moderator"))
    done = init(tmp_path, typed=typed, **asked)
    assert done.exit_code == 0, done.output
    table = tomllib.loads((tmp_path / "comment-service.toml").read_text(encoding="utf-8"))
    assert table["origins"] == ["https://blog.example"]
    assert "smtp_url" not in table


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"public_url": "comments.example"}, "COMMENTS_PUBLIC_URL is an address such as"),
        ({"public_url": ""}, "Give an address such as"),
        ({"origin": "blog"}, "such as https://blog.example"),
        ({"smtp_url": "mail.example"}, "COMMENTS_SMTP_URL is an address such as"),
        ({"smtp_url": "smtp://mail.example:x"}, "COMMENTS_SMTP_URL is an address such as"),
        ({"mail_from": "me"}, "COMMENTS_MAIL_FROM is an address"),
        ({"moderator": "nobody"}, "takes addresses such as"),
    ],
)
def test_wrong_answers_write_nothing(tmp_path: Path, change: dict[str, str], words: str) -> None:
    done = init(tmp_path, **change)
    assert done.exit_code == 2
    assert words in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_answer_is_asked_for_again(tmp_path: Path) -> None:
    typed = (
        "comments.example\nhttps://comments.example\nblog\nhttps://a.example, https://b.example\n"
        "mail.example\n\nnobody\nolga@a.example\n"
    )
    asked = dict.fromkeys(("public_url", "origin", "smtp_url", "moderator"))
    done = init(tmp_path, typed=typed, **asked)
    assert done.exit_code == 0, done.output
    table = tomllib.loads((tmp_path / "comment-service.toml").read_text(encoding="utf-8"))
    assert table["origins"] == ["https://a.example", "https://b.example"]
    assert "Sign in as olga@a.example" in done.output


def test_an_unusable_folder_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").write_text("a file")
    done = init(tmp_path, moderator="olga@a.example")
    assert done.exit_code == 1
    assert "cannot be used" in done.output
    assert [one.name for one in tmp_path.iterdir()] == ["data"]
    done = init(tmp_path / "data" / "x")
    assert done.exit_code == 1
    assert "cannot be written" in done.output


def test_a_relative_folder_is_written_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert init(tmp_path, "--folder", "own").exit_code == 0
    table = tomllib.loads((tmp_path / "comment-service.toml").read_text(encoding="utf-8"))
    assert table["folder"] == str(tmp_path / "own")


def test_the_unit_s_moderator_is_made_in_the_unit_s_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    done = init(tmp_path, "--unit", "--folder", "", moderator="olga@a.example")
    assert done.exit_code == 0, done.output
    assert not (tmp_path / "home").exists(), "the unit would never read it"
    assert "COMMENTS_FOLDER=/var/lib/comment-service" in done.output
    assert "moderator add olga olga@a.example --config /etc/comment-service.toml" in done.output


def test_existing_files_are_kept(tmp_path: Path) -> None:
    assert init(tmp_path).exit_code == 0
    file = tmp_path / "comment-service.toml"
    file.write_text("mine", encoding="utf-8")
    done = init(tmp_path)
    assert (done.exit_code, file.read_text(encoding="utf-8")) == (1, "mine")
    assert "--force" in done.output
    assert init(tmp_path, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("proxy", "url", "name", "needles"),
    [
        ("nginx", "https://c.example", "comment-service.nginx.conf", ["server_name c.example;"]),
        ("nginx", "https://b.example/talk", "comment-service.nginx.conf",
         ["server_name b.example;", "location /talk/ {"]),
        ("nginx", "https://c.example:8443", "comment-service.nginx.conf",
         ["listen 8443 ssl", "server_name c.example;", '"https://c.example:8443"']),
        ("nginx", "http://c.example", "comment-service.nginx.conf", ["listen 80;"]),
        ("caddy", "https://c.example", "Caddyfile", ["\nc.example {"]),
        ("caddy", "http://c.example/talk", "Caddyfile",
         ["\nhttp://c.example {", '"http://c.example/talk"']),
        ("caddy", "https://b.example:8443/talk", "Caddyfile",
         ["\nb.example:8443 {", "handle /talk/* {"]),
    ],
)  # fmt: skip
def test_proxy_blocks_have_the_right_names(
    tmp_path: Path, proxy: str, url: str, name: str, needles: list[str]
) -> None:
    assert init(tmp_path, "--proxy", proxy, "--unit", public_url=url).exit_code == 0
    block = (tmp_path / name).read_text(encoding="utf-8")
    assert all(needle in block for needle in needles), block
    assert ".example/comments" not in block or "/comments" in url
    assert "comments.example" not in block
    assert "DynamicUser=yes" in (tmp_path / "comment-service.service").read_text(encoding="utf-8")


def test_the_first_moderator_gets_a_link(tmp_path: Path) -> None:
    done = init(tmp_path, moderator="olga@blog.example")
    assert done.exit_code == 0, done.output
    assert "https://comments.example/moderation/enter/" in done.output
    again = init(tmp_path, "--force", moderator="olga@blog.example")
    assert again.exit_code == 0, "the same moderator is not added twice"


def test_every_key_works_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "all.toml"
    lines = {
        "bool": "true", "int": "500", "float": "0.5", "str": '"x"', "tuple": '["https://x.example"]',
    }  # fmt: skip
    special = {"COMMENTS_MAX_BODY": "200000", "COMMENTS_POLICY": '"all"',
               "COMMENTS_HEADING_LEVEL": "3", "COMMENTS_PREFIX": '"/talk"',
               "COMMENTS_PUBLIC_URL": '"https://c.example"', "COMMENTS_SSO_SECRET": f'"{"s" * 32}"',
               "COMMENTS_TRUSTED_PROXIES": '["10.0.0.0/8"]',
               "COMMENTS_MAIL_FROM": '"x@y.example"', "COMMENTS_MAIL_TO": '["x@y.example"]',
               "COMMENTS_SMTP_URL": '"smtp://x"', "COMMENTS_BACKUP": '"daily:14"',
               "COMMENTS_LOG": '"json"', "COMMENTS_REPLICA_URL": '"postgresql://replica/x"',
               "COMMENTS_SECURITY_CONTACT": '"mailto:a@b.example"'}  # fmt: skip
    for key, declared in KEYS.items():
        kind = str(getattr(declared.type, "__name__", declared.type))
        value = special.get(key, lines.get(kind, '{github = {client_id = "x"}}'))
        file.write_text(
            f"max_length = 500\n{key.removeprefix(PREFIX).lower()} = {value}\n"
            if key != "COMMENTS_MAX_LENGTH"
            else "max_length = 600\n",
            encoding="utf-8",
        )
        table = read_toml(file)
        if key == "COMMENTS_SMTP_URL":
            table["COMMENTS_MAIL_FROM"] = "x@y.example"
        if key == "COMMENTS_REPLICA_URL":
            table["COMMENTS_DATABASE_URL"] = "postgresql://primary/x"
        assert read_settings(table), key

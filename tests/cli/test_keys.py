"""``key``: keys are made, listed without being shown again, and revoked."""

from tests.cli.test_commands import Run, run

__all__ = ["run"]


def test_keys_are_made_listed_and_revoked(run: Run) -> None:
    assert run("site", "add", "other", "https://other.example").exit_code == 0
    token = run("key", "add", "WordPress", "--scope", "akismet").output.strip()
    assert len(token) == 12
    other = run("key", "add", "Far", "--scope", "read", "--site", "other").output.strip()
    whole = run("key", "add", "All", "--scope", "read", "--scope", "score", "--everywhere")
    listed = run("key", "list").output
    assert token not in listed
    assert [line.split("\t")[1:4] for line in listed.splitlines()] == [
        ["*", f"…{whole.output.strip()[-4:]}", "read,score"],
        ["default", f"…{token[-4:]}", "akismet"],
        ["other", f"…{other[-4:]}", "read"],
    ]
    assert run("key", "revoke", "1").output == "Revoked WordPress.\n"
    assert "revoked" in run("key", "list").output.splitlines()[1]


def test_mistakes_are_named(run: Run) -> None:
    for arguments, words in (
        (("add", "X", "--scope", "akismet", "--scope", "read"), "so it is only that"),
        (("add", "X", "--scope", "akismet", "--everywhere"), "belongs to one site"),
        (("add", " ", "--scope", "read"), "Give the key a name"),
        (("add", "X", "--scope", "read", "--site", "none"), "There is no site none"),
        (("revoke", "9"), "There is no such key."),
    ):
        done = run("key", *arguments)
        assert done.exit_code == 1
        assert words in done.output


def test_a_key_acts_for_a_moderator_with_a_role_on_its_site(run: Run) -> None:
    run("site", "add", "other", "https://other.example")
    add = ("moderator", "add", "Mia", "mia@blog.example", "--password", "correct horse battery")
    assert run(*add, "--site", "other").exit_code == 0
    key = ("key", "add", "X", "--scope", "moderate", "--moderator")
    assert run(*key, "mia@blog.example", "--site", "other").exit_code == 0
    for arguments, words in (
        (("mia@blog.example",), "no role on the site"),
        (("mia@blog.example", "--everywhere"), "no role on the site"),
        (("nobody@blog.example",), "is not on the team"),
    ):
        done = run(*key, *arguments)
        assert done.exit_code == 1
        assert words in done.output

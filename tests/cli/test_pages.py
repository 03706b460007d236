"""``page``: list, alias, move and merge pages."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from comment_service import cli
from comment_service.app import prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.extension import CommentService
from tests.people import PAGE, Guest

OTHER = "https://blog.example/other"
Run = Callable[..., Result]


@pytest.fixture
def run(lite: Flask) -> Run:
    group = cli.group("x", Assembly(lambda config=None: lite, CommentService, prepare, start))
    guest = Guest(lite)
    guest.say("Said here")
    guest.say("Said there, which is another matter", url=OTHER)

    def invoke(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(group, ["page", *words], input=typed)

    return invoke


def test_pages_are_listed_and_found(run: Run) -> None:
    assert run("list").stdout == f"2\t1\t{OTHER}\tA post\n1\t1\t{PAGE}\tA post\n"
    assert run("list", "/OTHER").stdout == f"2\t1\t{OTHER}\tA post\n"
    short = run("list", "--limit", "1")
    assert "--before 2" in short.stderr
    assert PAGE in run("list", "--before", "2").stdout
    assert "There is no site none" in run("list", "--site", "none").output


def test_page_is_moved_and_gets_an_alias(run: Run) -> None:
    new, more = "https://blog.example/new", "https://blog.example/more"
    assert f"is now at {new}" in run("move", PAGE, new).output
    assert f"Added {more} as an alias of {new}" in run("alias", PAGE, more).output
    assert run("close", more).exit_code == 0
    for words, why in (
        (("move", PAGE, OTHER), "Merge the two"),
        (("alias", PAGE, "https://far.example/"), "is not registered"),
        (("alias", PAGE, "nothing"), "starts with http"),
        (("move", "https://blog.example/none", new), "Nothing was said"),
    ):
        refused = run(*words)
        assert refused.exit_code == 1
        assert why in refused.output


def test_posts_of_a_page_are_added_listed_and_removed(run: Run) -> None:
    post, second = "https://m.example/@ada/1", "https://bsky.app/profile/ada.example/post/3kx"
    assert run("posts", PAGE, "--add", post).stdout == f"{post}\tnot read yet\t\n"
    new = "https://blog.example/new"
    assert second in run("posts", new, "--add", second).stdout, "a page without comments"
    assert run("posts", OTHER).stdout == "", "posts of another page"
    for words, why in (
        (("--add", "https://m.example/about"), "no address of a post"),
        (("--remove", second), "shows no replies of"),
        (("--add", post, "--site", "none"), "There is no site none"),
    ):
        refused = run("posts", PAGE, *words)
        assert refused.exit_code == 1
        assert why in refused.output
    assert post in run("posts", PAGE).stdout
    assert run("posts", PAGE, "--remove", post, "--withdraw").stdout == ""


def test_threads_are_merged(run: Run) -> None:
    asked = run("merge", OTHER, PAGE, typed="n\n")
    assert asked.exit_code == 1
    assert f"{OTHER} into {PAGE}: 1 comments move" in asked.output
    assert "one thread" in run("merge", OTHER, PAGE, typed="y\n").output
    assert run("list").stdout == f"1\t2\t{PAGE}\tA post\n"
    assert "That is the same thread" in run("merge", OTHER, PAGE, "--yes").output

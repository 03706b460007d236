"""A real WordPress: its Akismet plugin asks our filter, and its comments are imported."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.actions.transfer.fetch_wordpress import fetch_wordpress
from comment_service.errors import Unacceptable
from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment
from tests.actions.transfer.importing import Importer
from tests.clients import wordpress as real
from tests.clients.test_akismet_clients import HAM, SPAM, Server
from tests.clients.wordpress import WordPress, php

pytestmark = pytest.mark.long
GUIDE = Path(__file__).parents[2] / "docs" / "akismet.md"


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordPress]:
    if why := real.why_not():
        pytest.skip(why)
    with real.running(tmp_path_factory.mktemp("wordpress")) as wordpress:
        yield wordpress


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("akismet"))
    yield running
    running.process.terminate()
    running.process.wait(20)


def install_filter(blog: WordPress, url: str) -> None:
    """Put the code of the guide into WordPress, with our server's address."""
    code = re.search(r"```php\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert code is not None
    changed = code[1].replace("https://comments.example.org", url)
    assert changed != code[1]
    (blog.plugins / "akismet-server.php").write_text(changed)


def enter_key(blog: WordPress, key: str) -> str:
    page = blog.admin_page("options-general.php?page=akismet-key-config&view=start")
    nonce = re.search(r'name="_wpnonce" value="(\w+)"', page)
    assert nonce is not None
    form = {"action": "enter-key", "key": key, "_wpnonce": nonce[1]}
    where = f"{blog.url}/wp-admin/options-general.php?page=akismet-key-config"
    return blog.admin.post(where, data=form, timeout=60).text


def test_akismet_plugin(blog: WordPress, server: Server) -> None:
    install_filter(blog, server.url)
    assert "The key you entered is invalid" in enter_key(blog, "000000000000")
    assert "Akismet is now protecting your site" in enter_key(blog, server.key)

    blog.comment(1, HAM, "Ada")
    blog.comment(1, SPAM, "Pills")
    spam = blog.run("echo get_comments(['status' => 'spam'])[0]->comment_content;")
    assert (blog.find(HAM, "comment_approved"), "casino" in spam) == ("1", True)

    blog.moderate(HAM, "spamcomment")
    blog.moderate(spam, "unspamcomment")
    assert blog.find(HAM, "comment_approved") == "spam"
    assert blog.find(spam, "comment_approved") != "spam"
    asked = blog.asked()
    assert [asked.count(f"{server.url}/1.1/submit-{what}") for what in ("spam", "ham")] == [1, 1]

    blog.run(f"wp_insert_comment(['comment_post_ID' => 1, 'comment_approved' => 0,"
             f" 'comment_author_IP' => '203.0.113.9', 'comment_content' => {php(SPAM)}]);"
    )  # fmt: skip
    assert recheck(blog) == {"processed": 2, "spam": 2, "ham": 0, "error": 0}
    assert blog.find(SPAM, "comment_approved") == "spam"

    settings = blog.admin_page("options-general.php?page=akismet-key-config")
    assert "firewall" not in settings
    assert "1 missed spam" in re.sub(r"\s+", " ", settings)
    statistics = blog.admin_page("options-general.php?page=akismet-key-config&view=stats")
    assert '<iframe src="about:blank"' in statistics
    assert "tools.akismet.com" not in settings + statistics
    assert "akismet.com" not in blog.asked()
    assert "akismet" not in blog.complaints()


def test_comment_waits_while_our_server_does_not_answer(blog: WordPress) -> None:
    install_filter(blog, "http://127.0.0.1:9")
    blog.run("update_option('wordpress_api_key', '0123456789ab');")
    blog.comment(1, "Nobody looks at this now", "Bob")
    assert blog.find("Nobody looks at this now", "comment_approved") == "0"
    assert blog.run("echo (bool) wp_next_scheduled('akismet_schedule_cron_recheck');") == "1"
    assert "akismet.com" not in blog.asked()


POSTS = """
global $wpdb; $time = 0;
function said($post, $text, $about = []) {
    global $time;
    $date = gmdate('Y-m-d H:i:s', 1625133600 + 3600 * ++$time);
    return wp_insert_comment($about + ['comment_post_ID' => $post, 'comment_content' => $text,
        'comment_author' => "Reader $time", 'comment_author_email' => "r$time@reader.example",
        'comment_date' => $date, 'comment_date_gmt' => get_gmt_from_date($date)]);
}
function post($name, $about = []) {
    return wp_insert_post($about + ['post_title' => "$name & “more”", 'post_name' => $name,
        'post_content' => 'Text', 'post_status' => 'publish',
        'post_date' => '2021-07-01 10:00:00']);
}
update_option('page_comments', 1); update_option('comments_per_page', 5);
$reader = wp_create_user('lena', 'x', 'lena@reader.example');
$mod = wp_create_user('mod', 'x', 'mod@blog.example'); (new WP_User($mod))->set_role('editor');
$first = post('自転車'); $closed = post('closed', ['comment_status' => 'closed']);
$page = post('about', ['post_type' => 'page']); $trashed = post('gone');
$top = said($first,
    "Grüße 🚲\n\n<strong>Bold</strong> & <a href='https://a.example/?b=1&amp;c=2'>link</a>");
$reply = said($first, '<blockquote>Said</blockquote>A reply',
    ['comment_parent' => $top, 'user_id' => $reader, 'comment_author' => 'Lena']);
said($first, 'Waits', ['comment_parent' => $reply, 'comment_approved' => 0]);
said($first, 'Buy pills', ['comment_approved' => 'spam']);
wp_trash_comment(said($first, 'Thrown away'));
said($first, 'Link', ['comment_type' => 'pingback']);
said($first, 'Link', ['comment_type' => 'trackback']);
said($first, 'A note of an editor', ['comment_type' => 'note']);
$wpdb->delete($wpdb->comments, ['comment_ID' => $deleted = said($first, 'Deleted')]);
said($first, 'Answers what was deleted', ['comment_parent' => $deleted]);
for ($i = 0; $i < 60; $i++) { said($first, "Comment $i"); }
said($closed, 'Before it was closed'); said($page, '素晴らしい記事');
said($trashed, 'In the trash'); wp_trash_post($trashed);
echo WP_Application_Passwords::create_new_application_password($mod, ['name' => 'x'])[0];
"""
EXPORT = "require ABSPATH . 'wp-admin/includes/export.php'; ob_start(); @export_wp();" + (
    "file_put_contents(ABSPATH . '../blog.xml', ob_get_clean());"
)


def test_live_import_is_the_import_of_the_export_file(
    blog: WordPress, lite: Flask, tmp_path: Path
) -> None:
    blog.run('global $wpdb; $wpdb->query("DELETE FROM $wpdb->comments");')
    password = blog.run(POSTS)
    blog.run(EXPORT)
    live = tmp_path / "live.jsonl"
    seen: list[tuple[int, int]] = []

    def fetch(into: Path, user: str = "mod") -> int:
        return fetch_wordpress(
            url=blog.url, user=user, password=password, into=into, guard=False,
            report=lambda done, total: seen.append((done, total)),
        )  # fmt: skip

    assert fetch(live) == 72
    assert seen[-1] == (72, 72)
    with pytest.raises(Unacceptable, match="did not accept the user"):
        fetch(tmp_path / "none", user="lena")
    blog.run("update_option('permalink_structure', '');")
    assert fetch(tmp_path / "plain") == 72
    blog.run("update_option('permalink_structure', '/%year%/%postname%/');")

    importer = Importer(lite, tmp_path)
    skipped = {"pingback": 1, "trackback": 1, "note": 1}
    from_file = importer.run(blog.folder / "blog.xml")
    assert (from_file["in"], from_file["out"], from_file["differences"]) == (71, 68, skipped)
    by_file = described(importer)
    from_blog = importer.run(live)
    assert (from_blog["in"], from_blog["added"], from_blog["differences"]) == (72, 1, skipped)
    assert importer.run(live)["added"] == 0
    for number in reversed(importer.ids):
        importer.undo(number)
    assert importer.comments() == []
    importer.run(live)
    by_blog = described(importer)
    assert [row for row in by_blog if row[0] != "spam"] == by_file
    assert Counter(row[0] for row in by_blog) == {
        "published": 65, "pending": 1, "rejected": 2, "spam": 1,
    }  # fmt: skip
    pages = {re.sub(r"\d+$", "N", row[1].removeprefix(blog.url)) for row in by_blog}
    assert pages == {f"/2021/{quote('自転車').lower()}/", "/2021/closed/", "/about/", "/?p=N"}
    first, reply = (
        next(row for row in by_blog if text in row[-1]) for text in ("Grüße", "A reply")
    )
    assert reply[4:] == (first[3], "2021-07-01 10:00:00", "Lena", "> Said\n\nA reply")


SHOP = """<?php
add_action('init', function () {
    register_post_type('product', ['public' => true, 'capability_type' => 'product',
        'map_meta_cap' => true, 'supports' => ['title', 'comments']]);
});
"""
HIDDEN = """
$product = post('shoe', ['post_type' => 'product']);
for ($i = 0; $i < 55; $i++) { said($product, "Review $i"); }
said($product, 'Spam of a shop', ['comment_approved' => 'spam']);
said(post('public'), 'Everybody reads this');
said(post('secret', ['post_status' => 'private']), 'On a private post');
said(post('locked', ['post_password' => 'x']), 'On a post with a password');
said(999999, 'On a post that is gone');
"""


def test_what_an_editor_may_not_read_is_counted_and_hides_nothing(
    blog: WordPress, lite: Flask, tmp_path: Path
) -> None:
    (blog.plugins / "shop.php").write_text(SHOP)
    blog.run('global $wpdb; $wpdb->query("DELETE FROM $wpdb->comments");')
    users, _line, posts = POSTS.partition("$first = post")
    for name in ("mod", "lena"):
        users = users.replace(f"'{name}'", f"'{name}2'").replace(f"{name}@", f"{name}2@")
    password = blog.run(users + HIDDEN + posts[posts.rindex("echo WP_") :])
    number = fetch_wordpress(
        url=blog.url, user="mod2", password=password, into=tmp_path / "live.jsonl", guard=False
    )
    importer = Importer(lite, tmp_path)
    result = importer.run(tmp_path / "live.jsonl")
    assert (number, result["in"], result["differences"]) == (4, 60, {"not_sent": 56, "no_page": 1})
    statuses = {one.text: one.status for one in importer.comments()}
    assert statuses == {
        "Everybody reads this": "published",
        "On a private post": "pending",
        "On a post with a password": "pending",
    }


def described(importer: Importer) -> list[tuple[Any, ...]]:
    """Return status, page, its closing, fragments, time, name and text of all comments."""
    fragments = {one.id: one.fragment for one in importer.comments()}
    with importer.app.app_context():
        return sorted(
            (one.status, one.page.url, one.page.closed_at is not None, one.fragment,
             fragments.get(one.parent_id or 0, ""), f"{one.created_at:%Y-%m-%d %H:%M:%S}",
             one.author.name if one.author else "", one.text)
            for one in session().scalars(select(Comment))
        )  # fmt: skip


def recheck(blog: WordPress) -> Any:
    """Press "Check for Spam" in the queue, as the plugin's script does."""
    page = blog.admin_page("edit-comments.php?comment_status=moderated")
    nonce = re.search(r'data-nonce="(\w+)"', page)
    assert nonce is not None
    form = {"action": "akismet_recheck_queue", "nonce": nonce[1]}
    answer = blog.admin.post(f"{blog.url}/wp-admin/admin-ajax.php", data=form, timeout=60)
    return answer.json()["counts"]

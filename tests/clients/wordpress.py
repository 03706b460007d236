"""Runs a real WordPress with the Akismet plugin in a temporary folder, as Debian packages both.

It needs: ``apt-get install wordpress php-cli php-mysql php-curl mariadb-server``.
"""

import getpass
import html
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

PACKAGED = Path("/usr/share/wordpress")
PROGRAMS = ("php", "mariadbd", "mariadb-install-db")
CONFIG = """<?php
define('DB_NAME', 'test'); define('DB_USER', 'root'); define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:%(folder)s/db.sock');
define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('WP_ENVIRONMENT_TYPE', 'local');  // application passwords without https
define('WP_HOME', 'http://%(host)s'); define('WP_SITEURL', WP_HOME);
define('WP_DEBUG', true); define('WP_DEBUG_DISPLAY', false);
define('WP_DEBUG_LOG', '%(folder)s/debug.log'); define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);  // but for our own server
define('WP_ACCESSIBLE_HOSTS', '127.0.0.1');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define("{$name}_KEY", "test $name"); define("{$name}_SALT", "test $name");
}
$table_prefix = 'wp_';
if (!defined('ABSPATH')) { define('ABSPATH', __DIR__ . '/'); }
require_once ABSPATH . 'wp-settings.php';
"""
ROUTER = """<?php
$file = '%(folder)s/site' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (is_file($file)) { return false; }
$script = is_file("$file/index.php") ? "$file/index.php" : '%(folder)s/site/index.php';
chdir(dirname($script));
require $script;
"""
QUIET = """<?php
remove_filter('check_comment_flood', 'check_comment_flood_db', 10);
add_filter('pre_wp_mail', '__return_true');
add_action('http_api_debug', function ($answer, $context, $class, $args, $url) {
    $line = $url . ' ' . ($args['headers']['Host'] ?? '');
    file_put_contents(ABSPATH . '../asked.txt', "$line\\n", FILE_APPEND);
}, 10, 5);
"""
START = """
$_SERVER += ['HTTP_HOST' => '%(host)s', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REQUEST_METHOD' => 'GET',
    'REQUEST_URI' => '/', 'REMOTE_ADDR' => '127.0.0.1'];
require '%(folder)s/site/wp-load.php';
"""
INSTALL = """
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
wp_install('Räder & Blog', 'admin', 'admin@blog.example', true, '', 'admin');
update_option('permalink_structure', '/%%year%%/%%postname%%/');
update_option('timezone_string', 'Europe/Berlin');
update_option('comment_previously_approved', 0);
$GLOBALS['wp_rewrite']->init(); $GLOBALS['wp_rewrite']->flush_rules();
wp_delete_comment(1, true);
activate_plugin('akismet/akismet.php');
"""


def why_not() -> str:
    """Return what is missing on this machine, "" if nothing is."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if not (PACKAGED / "wp-load.php").is_file():
        missing.append(str(PACKAGED))
    return f"not installed: {', '.join(missing)}" if missing else ""


class WordPress:
    """A running WordPress; ``admin`` is a browser session of its administrator."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.host = folder, f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"
        self.plugins = folder / "site" / "wp-content" / "mu-plugins"
        self.admin = requests.Session()

    def values(self) -> dict[str, str]:
        """Return what the files above name."""
        return {"folder": str(self.folder), "host": self.host}

    def run(self, code: str, *, before: str = "") -> str:
        """Run PHP code within WordPress, ``before`` ahead of it; return what it prints."""
        script = self.folder / "script.php"
        script.write_text("<?php " + before + START % self.values() + code)
        done = subprocess.run(["php", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def sign_in(self) -> None:
        """Sign the administrator in."""
        self.admin.cookies.set("wordpress_test_cookie", "WP Cookie check")
        form = {"log": "admin", "pwd": "admin", "testcookie": "1"}
        answer = self.admin.post(f"{self.url}/wp-login.php", data=form, timeout=60)
        assert "Dashboard" in answer.text

    def admin_page(self, path: str) -> str:
        """Return a page of the administration, which must have no PHP error."""
        answer = self.admin.get(f"{self.url}/wp-admin/{path}", timeout=60)
        assert answer.status_code == 200, answer.text[-500:]
        return html.unescape(answer.text)

    def comment(self, post: int, text: str, author: str) -> None:
        """Send a comment as a visitor does."""
        form = {"comment_post_ID": post, "comment": text, "author": author,
                "email": f"{author.lower()}@reader.example"}  # fmt: skip
        answer = requests.post(
            f"{self.url}/wp-comments-post.php", data=form, timeout=60, allow_redirects=False
        )
        assert answer.status_code == 302, answer.text

    def find(self, text: str, column: str) -> str:
        """Return a column of the comment with a text, "" if there is none."""
        query = f'"SELECT {column} FROM $wpdb->comments WHERE comment_content = %s"'  # noqa: S608
        return self.run(f"echo $wpdb->get_var($wpdb->prepare({query}, {php(text)}));")

    def asked(self) -> str:
        """Return the addresses that WordPress asked and their Host headers, one a line."""
        return (self.folder / "asked.txt").read_text()

    def complaints(self) -> str:
        """Return the warnings and errors of PHP."""
        lines = (self.folder / "debug.log").read_text().splitlines()
        return "\n".join(line for line in lines if "Deprecated" not in line)

    def moderate(self, text: str, action: str) -> None:
        """Click the link of an action (``spamcomment``, ``unspamcomment``…) of a comment."""
        number = self.find(text, "comment_ID")
        lists = "edit-comments.php", "edit-comments.php?comment_status=spam"
        page = "".join(map(self.admin_page, lists))
        link = re.search(rf"comment\.php\?[^'\"]*\bc={number}&action={action}&_wpnonce=\w+", page)
        assert link is not None, f"no {action} for {number}"
        self.admin.get(f"{self.url}/wp-admin/{link[0]}", timeout=60)


def php(text: str) -> str:
    """Return a text as a literal of PHP."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@contextmanager
def running(folder: Path) -> Iterator[WordPress]:
    """Install WordPress in a folder and serve it until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        wordpress = WordPress(folder, free.getsockname()[1])
    site = folder / "site"
    shutil.copytree(PACKAGED, site, ignore=shutil.ignore_patterns("wp-config.php", "themes"))
    (site / "wp-config.php").write_text(CONFIG % wordpress.values())
    (folder / "router.php").write_text(ROUTER % wordpress.values())
    wordpress.plugins.mkdir()
    (wordpress.plugins / "quiet.php").write_text(QUIET)
    with _process(_database(folder)):
        _wait((folder / "db.sock").exists)
        wordpress.run(INSTALL % wordpress.values(), before="define('WP_INSTALLING', true);")
        with _process(["php", "-S", wordpress.host, "-t", str(site), str(folder / "router.php")]):
            _wait(lambda: _answers(wordpress.url))
            wordpress.sign_in()
            yield wordpress


def _database(folder: Path) -> list[str]:
    """Return the command of a database server in a folder, which is made."""
    about = ["--no-defaults", f"--datadir={folder}/db", f"--user={getpass.getuser()}"]
    made = ["mariadb-install-db", *about, "--auth-root-authentication-method=normal"]
    subprocess.run([*made, "--skip-test-db"], check=True, stdout=subprocess.DEVNULL)
    (folder / "db" / "test").mkdir()
    return ["mariadbd", *about, f"--socket={folder}/db.sock", "--skip-networking",
            f"--pid-file={folder}/db.pid", "--innodb-buffer-pool-size=32M"]  # fmt: skip


@contextmanager
def _process(command: list[str]) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait(ready: Callable[[], bool]) -> None:
    for _try in range(300):
        if ready():
            return
        time.sleep(0.1)
    raise TimeoutError


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/readme.html", timeout=10).ok
    except requests.ConnectionError:
        return False

"""The demo's host: a plain Flask blog; its only link to the service is one line per page."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, abort, render_template

from comment_service.cli.demo.posts import BY_SLUG, POSTS


def make_blog(config: Mapping[str, Any], address: str) -> Flask:
    """Return the blog for an origin; the caller mounts the service in it."""
    blog = Flask(__name__, static_folder="assets", static_url_path="/assets")
    blog.config.update(config)

    @blog.get("/")
    def index() -> str:
        """Show the list of posts."""
        return render_template("index.html", posts=POSTS, address=address)

    @blog.get("/<slug>")
    def post(slug: str) -> str:
        """Show a post with its thread."""
        found = BY_SLUG.get(slug)
        if found is None:
            abort(404)
        return render_template("post.html", post=found, page_url=address + found.path)

    return blog

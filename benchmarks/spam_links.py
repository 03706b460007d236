"""Made links for the templates: addresses of firms, references of readers, and random words."""

from __future__ import annotations

import re
from random import Random

from spam_spun import spin

_FIRST = (
    "bright nova apex blue urban prime swift clear golden smart true vital elite green peak silver"
    " royal north global easy metro star next pro alpha sun lotus crest titan zen"
)
_SECOND = (
    "path leaf care works line point craft hub labs wave build mind clinic media tech group edge"
    " reach home space solutions ventures partners digital health legal finance direct world"
)
_TOPS = ("com", "com", "com", "net", "co", "io", "org", "de", "co.uk", "in", "ai", "online", "us")
_SLUGS = (
    "how-to-choose",
    "complete-guide",
    "services",
    "benefits",
    "pricing",
    "tips-for-beginners",
    "best-of-2025",
    "what-to-know",
    "about",
    "contact",
    "why-it-matters",
    "checklist",
)
#: Addresses as readers give them; the choices are those of a template.
_REFERENCES = (
    "https://{en|de|fr|es|it|pl|ru|ja|pt|nl}.wikipedia.org/wiki/{Sourdough|Rust|Kurt_Tucholsky"
    "|Poker|Coffee|Lake_District|Unicode|Casino|Loan}",
    "https://github.com/{anna-k|pallets|tomek|rust-lang|jdoe}/{notes|flask|tools|dotfiles|maps}"
    "{|/issues/{7|118|2304}|/pull/51|/blob/main/README.md}",
    "https://stackoverflow.com/{questions|a}/{41|207|5583}{1203|9921}{|/why-does-this-fail}",
    "https://www.youtube.com/watch?v={dQw4w9|kJQP7k|9bZkp7}{iW3Xc|AbQ0z|q19f0}",
    "https://youtu.be/{Lx3|bV9|qT0}{aaQ12_z|Kd8mmw1}",
    "https://{www.bbc.co.uk/news|www.theguardian.com/world|www.heise.de/news|www.lemonde.fr/idees"
    "|elpais.com/economia|www.spiegel.de/panorama|www.nytimes.com/2024}/{article|story}-{3|48|519}{12|77}",
    "https://docs.{python.org/3/library|djangoproject.com/en/5.0|docker.com/engine|rs/serde}/{|re.html|install/}",
    "https://{old|www}.reddit.com/r/{cooking|linux|askhistorians}/comments/{1a|9x}{bc3|k2z}/",
    "https://web.archive.org/web/{2009|2016|2021}0412/http://www.{tim|old-maps|museum}.org/",
    "https://{anna|tomek|marie|jens|lucia|kenji|olek|sara}{.example|.dev|.net|.blog|.me|-berg.de"
    "|dupont.fr|.codes}/{2014|2019|2023}/{05|11}/{bread|parser|walk|sqlite|night-train}{|.html|/}",
    "http://{blog|www}.{smith|novak|rossi|moreau|jensen}{.org|.eu|.it|.cz|.dk|.fr}/{|notes|posts/34|foto}",
    "https://{arxiv.org/abs/2103.0|doi.org/10.1000/}{412|977}{3|8}",
    "https://{flickr.com/photos|imgur.com/a|gist.github.com|pastebin.com|codepen.io}/{Qx7|zz}{31|9a}",
    "https://developer.mozilla.org/en-US/docs/Web/{CSS|API|HTML}/{grid|fetch|dialog}",
    "https://bugs.{debian.org/|kde.org/show_bug.cgi?id=|chromium.org/p/chromium/issues/}{8|39}{114|2077}",
)


def firm(draw: Random) -> str:
    """Return the name of a made firm."""
    first, second = draw.choice(_FIRST.split()).title(), draw.choice(_SECOND.split()).title()
    return first + draw.choice(["", " "]) + second


def page_of_firm(draw: Random) -> str:
    """Return the address of a page of a made firm, without words of its trade in the domain."""
    label = firm(draw).lower().replace(" ", draw.choice(["", "-"]))
    start = draw.choice(["https://", "https://www.", "http://", "www."])
    path = draw.choice(["", "/", "/blog/<S>", "/<S>", "/resources/<S>/", "/<S>.html"])
    return f"{start}{label}.{draw.choice(_TOPS)}{path.replace('<S>', draw.choice(_SLUGS))}"


def reference(draw: Random) -> str:
    """Return an address as readers give it: a reference, their own blog, pictures."""
    return spin(draw.choice(_REFERENCES), draw)


def random_word(draw: Random) -> str:
    """Return a word of random letters, with capitals and digits in it now and then."""
    letters = "abcdefghijklmnopqrstuvwxyz" * 3 + "ABCXYZ0123456789" * draw.randrange(2)
    word = "".join(draw.choice(letters) for _ in range(draw.randrange(5, 14)))
    return re.sub(r"^\d+", "", word) or "xq"

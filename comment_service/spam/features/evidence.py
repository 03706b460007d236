"""Evidence that needs no training: links, names, addresses, advertised products, relevance.

Each piece is a signed log-odds with a sentence. It is added to the text model's log-odds, so a
missing piece is neutral. The weights are cautious estimates: no single weak piece is enough to
hold an honest comment, and a site's own decisions outweigh them.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import islice

from comment_service.spam.features import own_trade
from comment_service.spam.features.submission import Reason, Submission
from comment_service.spam.features.tokens import MAIL_SIGN, MAX_CHARS
from comment_service.spam.features.vocabulary import (
    ADVERTISED,
    FUNCTION_WORDS,
    PERSONAL_WORDS,
    PRAISE,
    SHORTENERS,
    TRADE_WORDS,
)
from comment_service.text.folding import fold
from comment_service.text.links import domain, host
from comment_service.text.sentences import staff_sentence

WEIGHTS = {
    "links_many": 0.8,
    "links_very_many": 1.8,
    "link_shortener": 0.9,
    "link_markup": 1.4,
    "link_is_website": 0.7,
    "author_keyword_name": 2.0,
    "author_keyword_website": 2.0,
    "website_keyword": 1.2,
    "author_is_address": 1.2,
    "author_matches_website": 1.3,
    "email_digits": 0.3,
    "advertised": 2.0,
    "advertised_contact": 6.5,
    "phone": 1.0,
    "praise": 0.8,
}
#: Weights of 0 to 4 words shared with the page, for comments of fewer than 8 words that tell what
#: they are about, of fewer than 15, and of more; and for authors with a website. About half of what
#: was measured with honest comments on their own threads and spam on others.
ON_TOPIC = (
    (0.0, -0.4, -0.8, -1.2, -1.2),
    (0.0, 0.0, -0.6, -0.8, -1.2),
    (0.0, 0.0, 0.0, -0.4, -0.8),
)
ON_TOPIC_WEBSITE = (0.0, 0.0, 0.0, -0.8, -0.8)
_TOPIC_SIZES, _MOST_SHARED = (8, 15), 4
_MARKUP = re.compile(r"\[url[=\]]|\[link[=\]]|<a\s[^>]{0,300}href", re.IGNORECASE)
# Labels start at their first character and end after 63: a search takes linear time.
_ADDRESS = re.compile(
    r"https?://|www\.|(?<![\w-])[\w-]{2,63}\.(?:com|net|org|info|biz|ru|co|xyz|online)\b", re.I
)
_WORD = re.compile(r"[^\W\d_]{4,}")
#: Words that a comment on its author's own trade shares with its page, if none with its title.
_SHARED = 2
_TOPIC_WORD = re.compile(r"[^\W\d_]{5,}")
_NAME_WORD = re.compile(r"[^\W\d_]+")
_TRADE = re.compile(
    r"\b(?:buy|sell|order|cheap|price|discount|online|shop|free|bonus|best|offer|deal|register"
    r"|kaufen|bestellen|billig|comprar|barato|acheter|pas cher|купить|заказать)\b|\d ?%|[$€£]"
)
# Thai, Kana, Han, Hangul: no blanks between words, or endings that are part of the word.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# A plus sign and at least nine digits, or what many countries write: an area code and groups.
_PHONE = re.compile(
    r"(?<![\w.:/#-])(?:\+\d(?:[ ().-]{0,2}\d){8,13}"
    r"|(?:1[ .-]{1,2})?(?:\(\d{3,4}\)[ .-]?|\d{3,4}[ .-])\d{3}[ .-]\d{4}"
    r"|0\d{1,4}[ /-]\d{3,4} ?\d{2,4}(?: ?\d{2,4})?|0\d(?:[ .]\d{2}){4}"
    r"|8[ -]?\(?\d{3}\)?[ -]?\d{3}-?\d{2}-?\d{2})(?![\w:/-]|\.\w)"
)
_DIGIT = re.compile(r"\d")
_NO_DIGIT = re.compile(r"\D+")
_PIECE = re.compile(r"[\s<>()\[\]{}\"'=]+")
_HOST = re.compile(r"://|[^\W_]\.[a-z]{2}")
#: "Dave the plumber" is a person.
_ARTICLES = frozenset({"the", "der", "die"})
#: A praising text of at most this many words is judged for what else it says.
_SHORT = 120


def evidence_reasons(submission: Submission) -> list[Reason]:
    """Return the reasons that do not come from the words, in no particular order."""
    found = [
        Reason(name, sentence, WEIGHTS[name])
        for find in (_links, _author, _email, _products, _praise)
        for name, sentence in find(submission)
    ]
    return [*found, *_relevance(submission)]


def _links(submission: Submission) -> Iterator[tuple[str, str]]:
    tokens = submission.tokens
    count = len(tokens.links)
    if count >= 6:
        yield "links_very_many", staff_sentence("Contains %(count)s links", count=count)
    elif count >= 3:
        yield "links_many", staff_sentence("Contains %(count)s links", count=count)
    if short := sorted(set(tokens.domains) & SHORTENERS):
        hidden = staff_sentence("A shortened link (%(host)s) hides its target", host=short[0])
        yield "link_shortener", hidden
    if _MARKUP.search(tokens.folded.text):
        yield "link_markup", staff_sentence("Has links in HTML or BBCode")
    own = domain(submission.url) if submission.url else ""
    if own and own in tokens.domains:
        words = staff_sentence("The text links to the author's own website (%(host)s)", host=own)
        yield "link_is_website", words


def _author(submission: Submission) -> Iterator[tuple[str, str]]:
    name = submission.author.strip()
    words = {word.lower() for word in _NAME_WORD.findall(name)}
    trade = sorted(words & TRADE_WORDS)
    if _ADDRESS.search(name):
        yield "author_is_address", staff_sentence("The name is a web address")
    elif _is_search_phrase(trade, words):
        phrase = ", ".join(trade)
        sentence = staff_sentence("The name is a search phrase (“%(phrase)s”)", phrase=phrase)
        yield "author_keyword_name", sentence
        if submission.url:
            sentence = staff_sentence("A search phrase as name, with a website")
            yield "author_keyword_website", sentence
    if phrase := _keyword_label(submission.url):
        sentence = staff_sentence(
            "The website's name is a search phrase (“%(phrase)s”)", phrase=phrase
        )
        yield "website_keyword", sentence
    if submission.url and trade:
        label = domain(submission.url).split(".")[0].replace("-", "")
        if len(label) >= 6 and label == "".join(name.lower().split()).replace("-", ""):
            sentence = staff_sentence("The name repeats the website's domain")
            yield "author_matches_website", sentence


def _is_search_phrase(trade: Sequence[str], words: AbstractSet[str]) -> bool:
    """Return True for two words of trade, or one among three words that is part of no name."""
    if len(trade) >= 2:
        return True
    return bool(set(trade) - PERSONAL_WORDS) and len(words) >= 3 and not words & _ARTICLES


def _keyword_label(url: str) -> str:
    """Return the part of a website's host that is a search phrase joined by hyphens, or ""."""
    if "-" not in url:
        return ""
    for label in host(url).split("."):
        words = label.split("-")
        if len(words) >= 2 and _is_search_phrase(sorted(TRADE_WORDS & set(words)), set(words)):
            return label
    return ""


def _email(submission: Submission) -> Iterator[tuple[str, str]]:
    local = submission.email.partition("@")[0]
    if sum(char.isdigit() for char in local) >= 5:
        yield "email_digits", staff_sentence("The e-mail address looks machine-generated")


def _products(submission: Submission) -> Iterator[tuple[str, str]]:
    """Find phone numbers, and advertised products that title and thread do not mention.

    A comment that names such a product in passing offers little: it gets the full weight only with
    a link, a website, a phone number or words of trade. A comment whose author names their own
    trade and speaks of the page's subject gets none.
    """
    phone = _has_phone(submission)
    if phone:
        yield "phone", staff_sentence("Contains a phone number")
    text = _plain(submission.tokens.folded.text)
    names, pattern = _advertised()
    # The pattern tries every name at every character; hardly any text contains one.
    possible = _ascii_names() if text.isascii() else names
    found = pattern.search(text) if any(name in text for name in possible) else None
    if found:
        if found[0] in _folded(_page(submission)):
            return
        if not phone and _is_own_trade(submission, text, found):
            return
        offers = phone or submission.tokens.links or submission.url or _TRADE.search(text)
        sentence = staff_sentence(
            "Names what advertisements sell (“%(name)s”); the page does not", name=names[found[0]]
        )
        if offers:
            yield "advertised_contact", sentence
        else:
            yield "advertised", sentence


def _has_phone(submission: Submission) -> bool:
    """Return True if a text has a phone number that the page does not give."""
    text = submission.text[:MAX_CHARS]
    if not _DIGIT.search(text):
        return False
    numbers = _numbers(text)
    return bool(numbers) and not numbers <= _numbers(_page(submission))


def _numbers(text: str) -> AbstractSet[str]:
    """Return the digits of each phone number in a text."""
    return {_NO_DIGIT.sub("", match[0]) for match in _PHONE.finditer(text)}


def _is_own_trade(submission: Submission, text: str, found: re.Match[str]) -> bool:
    """Return True if authors name only their own trade, on the page's subject, and offer nothing.

    Args:
        submission: the comment and its page.
        text: its plain text.
        found: the first advertised product in it.
    """
    if submission.tokens.links or submission.url or MAIL_SIGN in submission.tokens.forms:
        return False
    if not own_trade.is_named(text[: found.start()]) or own_trade.offers(text):
        return False
    _, pattern = _advertised()
    if any(other[0] != found[0] for other in pattern.finditer(text, found.end())):
        return False
    told = _topic(submission.text.lower()) - FUNCTION_WORDS - set(found[0].split())
    in_title = told & _topic(submission.page_title.lower())
    return bool(in_title) or len(told & _topic(_page(submission))) >= _SHARED


@lru_cache(maxsize=1)
def _advertised() -> tuple[Mapping[str, str], re.Pattern[str]]:
    """Return folded name → advertised product, and a pattern of the folded names."""
    names = {fold(name).text: name for name in ADVERTISED}
    longest_first = sorted(names, reverse=True)
    joined = [re.escape(name) for name in longest_first if _UNSPACED.search(name)]
    apart = [re.escape(name) for name in longest_first if not _UNSPACED.search(name)]
    # Bounds stand outside of the alternatives: then those with another first letter are skipped.
    return names, re.compile(rf"{'|'.join(joined)}|(?<!\w)(?:{'|'.join(apart)})(?!\w)")


@lru_cache(maxsize=1)
def _ascii_names() -> tuple[str, ...]:
    return tuple(filter(str.isascii, _advertised()[0]))


def _plain(folded: str) -> str:
    """Return folded text in lower case with single blanks, also in place of hyphens."""
    return " ".join(folded.lower().replace("-", " ").split())


@lru_cache(maxsize=32)
def _folded(page: str) -> str:
    return _plain(fold(page).text)


def _page(submission: Submission) -> str:
    """Return the page's title and the beginning of its text, in lower case."""
    return f"{submission.page_title} {submission.page_text[:20_000]}".lower()


def _topic(text: str) -> frozenset[str]:
    """Return the words of at least five letters, which tell what a text is about."""
    return frozenset(_TOPIC_WORD.findall(text))


def _has_word(text: str, word: str) -> bool:
    """Return True if a text has a word, with no letter before or after it."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (_is_letter(text[at - 1 : at]) or _is_letter(text[end : end + 1])):
            return True
        at = text.find(word, at + 1)
    return False


def _is_letter(char: str) -> bool:
    """Return True for what ``_WORD`` is made of."""
    return char.isalnum() and not char.isdecimal()


def _praise(submission: Submission) -> Iterator[tuple[str, str]]:
    """Find praise that would fit any page, with something to advertise."""
    page = _page(submission)
    if not page.strip() or not (submission.tokens.links or submission.url):
        return
    words = {word.lower() for word in _WORD.findall(_without_addresses(submission.text))}
    if not words & PRAISE or len(words) > _SHORT:
        return
    if not words & (_topic(page) - PRAISE):
        sentence = staff_sentence("Praise that would fit any page, with a link or website")
        yield "praise", sentence


def _without_addresses(text: str) -> str:
    """Return a text without URLs and host names, whose words are not the author's."""
    if "." not in text:
        return text
    return " ".join(piece for piece in _PIECE.split(text) if not _HOST.search(piece))


def _relevance(submission: Submission) -> Iterator[Reason]:
    """Find words of the page's subject in a comment without links.

    A short comment that shares one word with the page is already more often honest than spam; a
    long one shares some by chance. Who has a website to advertise may speak of anything.
    """
    if submission.tokens.links:
        return
    page = _page(submission)
    topic = _topic(submission.text.lower()) - FUNCTION_WORDS
    words = sorted(topic, key=lambda word: (-len(word), word))
    shared = list(islice((word for word in words if _has_word(page, word)), _MOST_SHARED))
    weights = ON_TOPIC_WEBSITE if submission.url else ON_TOPIC[bisect(_TOPIC_SIZES, len(topic))]
    if weight := weights[len(shared)]:
        shown = ", ".join(shared[:3])
        sentence = staff_sentence("Mentions the page's subject (“%(words)s”)", words=shown)
        yield Reason("on_topic", sentence, weight)

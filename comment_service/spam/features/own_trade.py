"""Tell readers who say what they do for a living from advertisements that begin like that."""

from __future__ import annotations

import re

_SUBJECT = r"(?:i|we|my (?:\w+ ){1,2})(?:'m|'re|'ve| have| am| are| was| were)? ?(?:\w+ ){0,3}?"
_VERBS = """
am | are | did | do | drive | drives | joined | left | manage | managed | own | owned | ran | run |
runs | sell | sold | was | were | work | worked | working | works | write | wrote
"""
_OTHER_LANGUAGES = r"""
as an?|as someone who \w+
ich (?:arbeite|arbeitete|bin|war|leite|führe|habe)|wir (?:sind|waren|betreiben)
je (?:travaille|travaillais|suis|dirige)|j'ai travaillé|nous sommes
(?:yo )?(?:trabajo|trabajé|trabajaba|soy|somos|dirijo)|(?:eu )?(?:trabalho|sou)
(?:io )?(?:lavoro|sono|lavoravo)|ik (?:werk|werkte|ben|run)
pracuję|pracowałem|pracowałam|(?:я|мы) (?:работаю|работал|работала|работаем)
"""
_OFFERS = r"""
contact|hire|call|calls? me|whatsapp|telegram|dm|pm|message|text me|write (?:me|us|to)|e ?mail
reply|visit|apply|order|buy|cheap\w*|affordable|discounts?|offer\w*|guarantee\w*|free|quote
packages?|clients?|customers?|recommend|help you|try us|reach (?:me|us|out)|check (?:us|out)
best (?:price|deal|quality|rate|offer)s?|lowest price\w*|register (?:now|today|online)
online shop|shop online|never closes|get you\w*|ask (?:me|us)|google (?:me|us)
my (?:profile|bio|name)
(?:we|i) (?:can|will|could) (?:also )?(?:help|get|make|improve|bring|write|send|boost|rank)
(?:we|i) (?:can|will|could) (?:also )?(?:increase|recover|build|give|show)
your (?:\w+ )?(?:site|website|blog|business|shop|store|rankings?|traffic|company|essay|loan)
your (?:\w+ )?(?:money|page|video|channel)
kontakt\w*|meld\w*|schreib\w*|biete\w*|günstig\w*|kostenlos\w*
deine?r? (?:web|seite|shop|blog)\w*|ihre?r? (?:web|seite|shop)\w*
contactez|appelez|offr\w*|propos\w*|gratuit\w*|votre (?:site|blog|page)|vos (?:sites|clients)
contáct\w*|contact[ae]\w*|llám\w*|ofre\w*|barat\w*|gratis|visita\w*
(?:tu|su) (?:web|sitio|página)|ofere\w*|seu (?:site|blog)|offriamo|contatt\w*
(?:tuo|vostro|suo) sito
предлага\w*|пиш\w*|звон\w*|недорого|заказ\w*|ваш\w* сайт\w*|помож\w*
"""


def _either(patterns: str) -> str:
    """Return a pattern that matches any of the patterns, one or more in a line."""
    return "|".join(patterns.split("\n")[1:-1])


_VERB = "|".join(_VERBS.replace("\n", " ").replace(" ", "").split("|"))
# In the same clause, at most sixty characters later, the text ends.
_NAMED = re.compile(
    rf"(?<!\w)(?:{_SUBJECT}(?:{_VERB})|{_either(_OTHER_LANGUAGES)})(?!\w)[^.!?;:,]{{0,60}}$"
)
_OFFER = re.compile(rf"(?<!\w)(?:{_either(_OFFERS)})(?!\w)|\d ?%|[$€£₹]")
_LONGEST = 120


def is_named(before: str) -> bool:
    """Return True if a clause such as "I work at a small …" leads up to the end of a text."""
    return bool(_NAMED.search(before[-_LONGEST:]))


def offers(text: str) -> bool:
    """Return True if a text asks for contact or custom, or promises or prices something."""
    return bool(_OFFER.search(text))

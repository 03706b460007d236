"""Readers may say what they do for a living; advertisements that begin like that are still held."""

from __future__ import annotations

import pytest

from comment_service.paths import shipped_model
from comment_service.spam import Classifier
from comment_service.spam.features.evidence import evidence_reasons
from comment_service.spam.features.submission import Submission

LAZY = "Lazy loading images without layout shift"
MOVED = "Redirect loops after moving to HTTPS"
UMZUG = "Umleitungen nach dem Umzug auf HTTPS"

HONEST = [
    ("I work at a small SEO agency and we had the same problem with lazy loading; the fix you "
     "describe in step 3 worked for us", LAZY),
    ("I run a small SEO company, and our crawler logs show the same redirect loop that you "
     "describe here.", MOVED),
    ("As someone who sells SEO services I have to agree: most audits are a waste of paper. Your "
     "point about the sitemap is right.", "Why most site audits are useless"),
    ("We are a two-person SEO agency and the canonical tag trick from your post broke our staging "
     "server.", "Canonical tags on staging servers"),
    ("I worked for a replica watches shop as a student; the movement in your second photo is not "
     "Swiss.", "How to tell a Swiss movement"),
    ("My brother drives for an escort service for oversize loads, and he says the bridge height in "
     "your table is wrong.", "Moving a house across the bridge"),
    ("I did customer support for a payday loan company years ago, and the scripts were as bad as "
     "the ones in this article.", "Inside a call centre"),
    ("I am a developer at a betting company. We saw the same race condition when two bets arrive "
     "in one transaction.", "Race conditions in PostgreSQL transactions"),
    ("I work in a pharmacy and the label printer does exactly this after the driver update; "
     "turning off the spooler helped.", "Label printers and the October driver update"),
    ("I am a loan officer, and the amortisation formula in your second paragraph forgets the "
     "first payment.", "Amortisation in a spreadsheet"),
    ("I work for an insurance broker; we migrated from the same COBOL system last year and the "
     "date bug hit us too.", "Leaving COBOL behind"),
    ("Ich arbeite in einer kleinen SEO Agentur, und bei uns trat derselbe Fehler mit den "
     "Umleitungen auf; dein Hinweis auf die Kopfzeile hat geholfen.", UMZUG),
    ("Ich bin Apothekerin und kenne das Problem mit dem Etikettendrucker; bei uns half nur der "
     "alte Treiber.", "Etikettendrucker nach dem Oktober-Update"),
    ("Je travaille dans une agence SEO et nous avons eu le même problème avec le chargement "
     "différé ; la correction de l'étape 3 a marché chez nous.", "Chargement différé des images"),
    ("Trabajo en una agencia SEO y tuvimos el mismo problema con las redirecciones; lo que cuentas "
     "en el paso 3 nos sirvió.", "Redirecciones después de mudar a HTTPS"),
    ("Я работаю в агентстве по продвижению сайтов, и у нас была та же ошибка с перенаправлением; "
     "помог ваш третий шаг.", "Перенаправления после перехода на HTTPS"),
]  # fmt: skip
ADVERTISEMENTS = [
    ("I work at a small SEO agency and we can get your site to the first page of Google. Contact "
     "us today.", LAZY),
    ("I work at a small SEO agency, and lazy loading is what we do every day. Ask me how to rank.",
     LAZY),
    ("I run a SEO company, visit https://rank-first.example for a free audit", LAZY),
    ("We are a SEO agency and offer affordable packages, starting at $99 per month.", MOVED),
    ("We are a SEO agency. Hire us for quality backlinks and guest posting services for your blog.",
     "Canonical tags on staging servers"),
    ("I am from a SEO company in Delhi. I can help your website rank. Reply to this comment and I "
     "will send you a quote.", "Why most site audits are useless"),
    ("I work with a SEO agency that doubled my traffic, I recommend them to everyone: "
     "https://rankfast.example", "Why most site audits are useless"),
    ("I work for an essay writing service and we write your essay in 24 hours, best prices "
     "guaranteed, email me at essays@write.example", "How plagiarism checkers work"),
    ("I am a loan officer and offer personal loans at 2 % interest without collateral. Apply now: "
     "loans@quick.example", "Amortisation in a spreadsheet"),
    ("I run an escort service in Mumbai, call +91 98765 43210 for booking", MOVED),
    ("I work for a payday loan company and can get you cash today, no credit check, just apply "
     "online.", "Inside a call centre"),
    ("I sell replica watches, best quality and cheap price, order here https://watches.example",
     "How to tell a Swiss movement"),
    ("As a crypto recovery expert I got back my client's bitcoin; I can help you recover your lost "
     "funds, message me on WhatsApp +1 303 555 0192", "Inside a call centre"),
    ("We run an essay writing service and everything about it is simple: register online, best "
     "price, best deal, our shop never closes", "All about sourdough bread"),
    ("Ich arbeite in einer SEO Agentur und bringe deine Webseite auf Platz 1 bei Google, schreib "
     "mir einfach: seo@platz1.example", UMZUG),
    ("Je travaille dans une agence SEO, nous pouvons améliorer le référencement de votre site, "
     "contactez-nous sur https://seo-top.example", "Chargement différé des images"),
    ("Trabajo en una agencia SEO y ofrecemos servicios baratos de posicionamiento, visita "
     "https://seo.example", "Redirecciones después de mudar a HTTPS"),
    ("Я работаю в агентстве, предлагаем продвижение сайтов недорого, пишите в телеграм "
     "https://t.me/seo_top", "Перенаправления после перехода на HTTPS"),
]  # fmt: skip


@pytest.fixture(scope="module")
def model() -> Classifier:
    return Classifier.from_path(shipped_model())


@pytest.mark.parametrize(("text", "title"), HONEST)
def test_readers_who_mention_their_trade_are_not_held(
    model: Classifier, text: str, title: str
) -> None:
    assert model.score(text, page_title=title).probability < model.hold_at


@pytest.mark.parametrize(("text", "title"), ADVERTISEMENTS)
def test_advertisements_that_mention_a_trade_are_held(
    model: Classifier, text: str, title: str
) -> None:
    assert model.score(text, page_title=title).probability >= model.hold_at


@pytest.mark.parametrize(
    "more",
    [
        {"url": "https://agency.example"},
        {"page_title": ""},
        {"page_title": "Growing tomatoes"},
        {"text": " Call +1 (303) 555-0192."},
        {"text": " me@agency.example"},
        {"text": " We also have quality backlinks."},
        {"text": " We can help you too."},
    ],
)
def test_an_own_trade_counts_where_something_is_offered_or_the_page_is_about_something_else(
    more: dict[str, str],
) -> None:
    text, title = HONEST[0]
    names = {"advertised", "advertised_contact"}

    def found(text: str, **known: str) -> set[str]:
        return names & {r.name for r in evidence_reasons(Submission.of(text, **known))}

    assert not found(text, page_title=title)
    known = {"page_title": title, **more}
    assert found(text + known.pop("text", ""), **known)


def test_a_trade_that_is_not_the_author_s_own_counts() -> None:
    text = "Lazy loading never worked before a small SEO agency looked at it"
    found = {r.name for r in evidence_reasons(Submission.of(text, page_title=LAZY))}
    assert "advertised" in found


@pytest.mark.parametrize(
    ("title", "page", "counts"),
    [
        ("Crawlers", "", False),
        ("About this", "", True),
        ("Bread", "our crawler and its logfiles", False),
        ("Bread", "our crawler bakes", True),
        ("Bread", "there are things about which they would write", True),
    ],
)
def test_one_word_of_the_title_or_two_of_the_thread_make_the_subject(
    title: str, page: str, counts: bool
) -> None:
    text = "I work at an SEO agency; about there, our crawler and crawlers write logfiles"
    reasons = evidence_reasons(Submission.of(text, page_title=title, page_text=page))
    assert ("advertised" in {reason.name for reason in reasons}) is counts

# ruff: noqa: E501 - templates read better in one line
"""Synthetic blog spam: spun flattery and advertisements in several languages, and word-list texts.

No open collection here has real blog spam, so it is generated in two ways:

* :func:`spun` fills templates written for this file (``{a|b}`` is a choice) with commercial phrases
  and with entries of a public block list: flattery with a dropped link, which is typical on blogs.
* :func:`listed` concatenates entries of that block list (splorp's, MIT), so that the model learns
  their words and parts.

Synthetic rows have the source ``made`` and are never scored in a table: their value is shown on
collections that they do not come from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

Row = dict[str, object]

#: Languages with honest comments; synthetic spam in others would make the language suspicious.
LANGUAGES = ("en", "fr", "pt", "ru")
#: Weight of a synthetic row; a real one has 1.
WEIGHT = 0.5

_WORD = re.compile(r"[a-z]+")
_CHOICE = re.compile(r"\{([^{}]*)\}")

TRADES = {
    "en": "payday loans|cheap car insurance|online casino bonus|sports betting tips|slot gacor|weight loss pills"
    "|keto gummies|male enhancement|generic viagra|canadian pharmacy|cbd oil|essay writing service"
    "|dissertation help|buy assignment|seo services|quality backlinks|guest posting|digital marketing agency"
    "|web design company|crypto trading|bitcoin investment|forex signals|recovery of lost funds|love spell caster"
    "|escort service|live cams|adult dating|hacked instagram|buy followers|replica watches|designer handbags"
    "|air jordan shoes|outlet store|moving company|roof repair|emergency plumber|carpet cleaning|towing service"
    "|dental implants|hair transplant|personal injury lawyer|printer support number|antivirus helpline"
    "|quickbooks support|software crack|license key generator|free movie streaming|apk download|vpn deal"
    "|real estate agent|villa rental|tour packages|visa consultant|packers and movers|interior designer",
    "fr": "casino en ligne|crédit rapide sans justificatif|prêt entre particuliers|viagra pas cher|perdre du poids"
    "|rédaction de mémoire|agence web|référencement naturel|serrurier pas cher|déménagement|montres de luxe"
    "|rencontres coquines|voyance gratuite|retour affectif|marabout sérieux|investir dans le bitcoin|plombier",
    "pt": "cassino online|empréstimo rápido|apostas esportivas|viagra genérico|emagrecer rápido|agência de marketing"
    "|criação de sites|comprar seguidores|acompanhantes|ganhar dinheiro em casa|investir em bitcoin|curso online"
    "|amarração amorosa|tcc pronto|desentupidora|relógios réplica|seguro de carro barato",
    "ru": "онлайн казино|займы на карту|кредит без справок|ставки на спорт|виагра купить|похудение|продвижение сайтов"
    "|дипломы на заказ|эскорт услуги|интим знакомства|заработок в интернете|инвестиции в криптовалюту"
    "|натяжные потолки|ремонт квартир|приворот|накрутка подписчиков|купить права|спецтехника в аренду",
}
FLATTERY = {
    "en": [
        "{Great|Nice|Awesome|Excellent|Wonderful|Fantastic} {post|article|blog|site|write-up|information}! {I really"
        " enjoyed reading it|Thanks for sharing|Keep up the good work|Very informative}. {Visit|Check out|Feel free to"
        " visit|Also visit} {my|our} {site|website|page|blog|web-site} {for|about} <T> <L>",
        "{Hi there|Hello|Hey|Howdy}, {I found your blog via|I came across your site while searching for} {Google|Bing|a"
        " related topic}, {it looks great|it seems good|your site came up}. {I have bookmarked it|I've book-marked it to"
        " my favourites|I will be back}. <T> <L>",
        "{I'm|I am} {really|truly|genuinely} {impressed with|inspired by} your writing {skills|talents} {and also with|as"
        " well as} the {layout|structure} {on|of} your {blog|weblog}. Is this a {paid theme|custom theme} or did you"
        " {modify|customize} it yourself? <L>",
        "{Hmm it seems like|It looks like} your {blog|website} ate my first comment (it was {super|extremely} long) so I"
        " guess I'll just {sum it up|say} I'm {thoroughly|really} enjoying your blog. <T>",
        "{We|Our team|Our company} {offer|offers|provide|provides} {the best|affordable|professional|high quality} <T>"
        " {at low prices|with 24/7 support|worldwide|near you}. {Contact us|Call us|Order|Book} {now|today} <L>",
        "{Are you looking for|Do you need|Searching for} <T>? {Click here|Visit us|Get it here|Read more here} <L>",
        "This is {exactly|just} what I was {looking|searching} for, thank you {for the useful information|admin}. {Buy|Get"
        "|Try|Order} <T> {online|here|cheap}: <L>",
        "{Undeniably|Definitely} believe that which you {stated|said}. Your favourite {reason|justification} {appeared to"
        " be|seemed to be} on the {internet|web} the {simplest|easiest} thing to {be aware of|remember}. <T> <L>",
        "My {brother|cousin|friend} {recommended|suggested} I might like this {blog|website}. He was {entirely|totally}"
        " right. This post {actually|truly} made my day. <T>",
        "I {got|was given} my {loan|money|husband|account} back thanks to {Dr|Mr|Mrs} {Smith|Johnson|Ade|Lucas}, contact"
        " {him|her} {on whatsapp +1 555|by email at|via} <M> {for help|today} <T>",
        "{Amazing|Useful|Valuable} {content|insights|tips}, {thanks admin|sir|dear}. <T> {in|near} {London|Dubai|Delhi"
        "|Sydney|New York|Toronto} <L>",
        "Can I {simply|just} say what a {relief|comfort} to {find|discover} {someone|somebody} who {actually|really}"
        " {understands|knows} what they are {talking about|discussing} on the {web|net}. <L>",
        "I earn {300|500|5000|7500}$ {a day|a week|monthly} working {from home|online|part time}, {anyone can do it|no"
        " skills needed}. {Details|Start here}: <L>",
        "<T>, <T>, <T>, <T> <L> <L> <L>",
        "<K> <K>. <K> {blog|website|page}. <K> <L>",
        "{Thanks for|Appreciating} {your|the} {post|time}. <K>. <K>. {My|Also visit my} {webpage|homepage}: <T> <L>",
        "{Facing|Having} {problems|trouble|issues} with your {printer|email|router|antivirus|laptop|wallet}? {Dial|Call|Ring}"
        " our {toll free|24x7|certified} {helpline|customer care|support number} <N> {any time|and talk to an expert}",
        "{We are a registered lender|Private lender here|Our bank is giving out} {personal|business|urgent|home} {loan|loans}"
        " {at|with} {2|3|4}% {interest|a year}, {no collateral|bad credit is fine}. {Apply|Write} {today|now}: <M>",
    ],
    "fr": [
        "{Super|Très bon|Excellent|Merci pour cet} article, {continuez comme ça|très intéressant|j'adore votre blog}."
        " {Visitez mon site|Découvrez aussi|Venez voir} <T> <L>",
        "{Vous cherchez|Besoin d'un} <T> ? {Cliquez ici|Contactez-nous|Offre de} <T> <L>",
        "Bonjour, je suis {un particulier|M. Bernard|Mme Martin} et j'offre des prêts de {5.000|10.000|50.000} à"
        " {500.000|900.000} euros, contactez-moi : <M>",
    ],
    "pt": [
        "{Ótimo|Excelente|Muito bom|Adorei o} {artigo|post|conteúdo|blog}, {parabéns|obrigado por compartilhar|continue"
        " assim}. {Visite meu site|Conheça também|Confira} <T> <L>",
        "{Procurando|Precisa de} <T>? {Clique aqui|Fale conosco|Chame no whatsapp} <L>",
        "{Ganhe|Descubra como ganhar} dinheiro {em casa|todos os dias} com <T> <L>",
    ],
    "ru": [
        "{Отличная|Полезная|Интересная} {статья|запись|информация}, {спасибо|автору респект|добавил в закладки}."
        " {Заходите на мой сайт|Рекомендую|Подробнее тут} <T> <L>",
        "{Ищете|Нужны|Хотите} <T>? {Жмите сюда|Пишите в личку|Переходите по ссылке} <L>",
        "<T> - {недорого|быстро|с гарантией}, <T>, {доставка по всей России|работаем круглосуточно} <L>",
        "{Предлагаю|Набираем людей на} {удалённую работу|заработок|подработку}, от {100|500}$ в день, <M>",
    ],
}
_TOPS = [
    "com",
    "net",
    "org",
    "info",
    "biz",
    "online",
    "site",
    "shop",
    "xyz",
    "top",
    "ru",
    "co",
    "club",
]


def spin(template: str, draw: Random) -> str:
    """Return one of the texts that a template can produce."""
    while found := _CHOICE.search(template):
        chosen = draw.choice(found[1].split("|"))
        template = template[: found.start()] + chosen + template[found.end() :]
    return template


def listing(folder: Path) -> Path:
    """Return the block list file."""
    return folder / "lists" / "splorp_blacklist.txt"


def phrases(folder: Path, known: Collection[str] = ()) -> list[str]:
    """Return the entries of the block list that are words, not URLs.

    With ``known``, all words of an entry must be in it. The list has entries in all languages, and
    words of a language without honest comments would make the language itself a sign of spam.
    """
    lines = listing(folder).read_text(encoding="utf-8").splitlines()
    fit = (line.strip() for line in lines if not re.search(r"[./_=?&@\\\[\]<>|]", line))
    entries = [line.replace("-", " ").strip() for line in fit if len(line) >= 5]
    if not known:
        return entries
    return [e for e in entries if e.isascii() and all(w in known for w in _WORD.findall(e.lower()))]


def english_words(rows: Iterable[Mapping[str, object]]) -> set[str]:
    """Return the words that at least two honest English comments use."""
    seen: Counter[str] = Counter()
    for row in rows:
        if row["label"] == "ham" and row.get("lang") == "en":
            seen.update(set(_WORD.findall(str(row["text"]).lower())))
    return {word for word, count in seen.items() if count >= 2}


def link(draw: Random, words: str) -> str:
    """Return a made link in one of several forms, or "" for none."""
    label = re.sub(r"[^\w]+", draw.choice(["-", ""]), words.lower())[:30].strip("-") or "offer"
    address = f"{draw.choice(['http://', 'https://', 'https://www.', 'www.'])}{label}"
    address += f"{draw.choice(['', '24', '-online', str(draw.randrange(99))])}.{draw.choice(_TOPS)}"
    address += draw.choice(["", "", "/", f"/{label}.html", f"/?id={draw.randrange(9999)}"])
    form = draw.random()
    if form < 0.25:
        return f'<a href="{address}">{words}</a>'
    if form < 0.35:
        return f"[url={address}]{words}[/url]"
    return address if form < 0.8 else ""


def spun(entries: Sequence[str], count: int, seed: int) -> Iterator[Row]:
    """Yield comments spun from the templates, mostly English."""
    draw = Random(seed)  # noqa: S311 - no secret is drawn
    languages = list(LANGUAGES)
    weights = [len(FLATTERY[language]) for language in languages]
    for row in range(count):
        language = draw.choices(languages, weights)[0]
        trades = TRADES[language].split("|")
        text = spin(draw.choice(FLATTERY[language]), draw)
        while found := re.search(r"<([TKLMN])>", text):
            trade = draw.choice(trades)
            filled = {
                "T": trade,
                "K": draw.choice(entries),
                "L": link(draw, trade),
                "N": f"{draw.choice(['+1', '1', '+44'])}-{draw.randrange(800, 899)}-{draw.randrange(100, 999)}-0{draw.randrange(100, 199)}",
                "M": f"{trade.split()[0].lower()}{draw.randrange(999)}@{draw.choice(['gmail', 'mail', 'hotmail'])}.com",
            }[found[1]]
            text = text[: found.start()] + filled + text[found.end() :]
        yield made_row(text.strip(), "spam", f"spun{row % 5}", language, WEIGHT)


def listed(entries: Sequence[str], seed: int, each: int = 8) -> Iterator[Row]:
    """Yield texts that together contain every entry of the block list once."""
    shuffled = list(entries)
    Random(seed).shuffle(shuffled)  # noqa: S311 - no secret is drawn
    for start in range(0, len(shuffled), each):
        text = ", ".join(shuffled[start : start + each])
        yield made_row(text, "spam", f"listed{start // each % 5}", "en", WEIGHT)


def made_row(text: str, label: str, group: str, lang: str, weight: float) -> Row:
    """Return a synthetic row."""
    made = {"text": text, "label": label, "source": "made", "group": group, "lang": lang}
    return {**made, "weight": weight}


def rows(
    folder: Path, honest: Iterable[Mapping[str, object]], count: int = 3000, seed: int = 20_261_122
) -> list[Row]:
    """Return all synthetic rows, the same on every run.

    ``honest`` are the other training rows: their words define what is English.
    """
    entries = phrases(folder, english_words(honest))
    return [*spun(entries, count, seed), *listed(entries, seed)]

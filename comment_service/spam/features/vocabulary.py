"""Word lists: link shorteners, and commercial words common in comment spam."""

from __future__ import annotations

_SHORTENERS = """
adf.ly bit.do bit.ly buff.ly cli.gs clck.ru cutt.ly goo.gl goo.su is.gd j.mp lnkd.in ow.ly
qr.net rb.gy rebrand.ly s.id shorturl.at t.co t.ly tiny.cc tinyurl.com tr.im u.to urlz.fr
v.gd vk.cc
"""
_TRADE_WORDS = """
best buy cheap discount free online loan loans payday credit casino casinos poker slots slot
betting bet forex crypto bitcoin trading invest seo backlinks marketing agency services
service pharmacy pills viagra cialis weight diet keto cbd insurance mortgage lawyer plumber
repair cleaning movers towing escort escorts porn sex cam dating essay essays assignment
dissertation writing replica watches handbags shoes outlet wholesale supplier manufacturer
download crack hack generator followers support helpline rental hosting vpn deals coupon
acheter pas cher credito prestamos barato comprar kaufen gunstig kredit
"""

#: Domains that hide a link's target.
SHORTENERS = frozenset(_SHORTENERS.split())
#: Words that are common in search phrases but rare in personal names.
TRADE_WORDS = frozenset(_TRADE_WORDS.split())

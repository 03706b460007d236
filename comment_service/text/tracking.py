"""Query parameters that say where a visitor came from, and nothing about the page."""

import re
from urllib.parse import unquote_plus

_NAMES = (
    # Google Analytics and Ads: support.google.com/analytics/answer/10917952 (utm), and the click
    # and linker parameters in support.google.com/google-ads/answer/9744275.
    r"utm_\w+|gclid|gclsrc|dclid|gbraid|wbraid|gad_source|gad_campaignid|srsltid|_gl|_ga"
    # Social networks. YouTube's `si` is not one here: on other sites it names content.
    r"|fbclid|igshid|igsh|ttclid|twclid|ref_src|li_fat_id|epik|rdt_cid|sccid"
    # Microsoft, Yandex, Adobe.
    r"|msclkid|yclid|ysclid|_openstat|s_cid"
    # Matomo: matomo.org/faq/reports/what-is-campaign-tracking (mtm_, matomo_, and pk_ of Piwik).
    r"|mtm_\w+|matomo_\w+|pk_\w+|piwik_\w+"
    # Newsletters: Mailchimp, HubSpot, Marketo, Klaviyo, Mapp, Vero, Omeda.
    r"|mc_[ce]id|_hs\w+|__hs\w+|hsctatracking|mkt_tok|_kx|wt_z?mc|vero_id|vero_conv"
    r"|oly_anon_id|oly_enc_id"
)
"""Names, in lower case. The click identifiers are those that browsers remove from links, too:
Firefox's ``query-stripping`` list and Brave's ``query-filter`` (both on GitHub, November 2026)."""
_TRACKING = re.compile(_NAMES)


def without_tracking(query: str) -> str:
    """Return a raw query without tracking parameters; what stays is not re-encoded."""
    pieces = query.split("&")
    kept = [p for p in pieces if not _is_tracking(p)]
    return query if len(kept) == len(pieces) else "&".join(kept)


def _is_tracking(piece: str) -> bool:
    name = piece.partition("=")[0]
    return _TRACKING.fullmatch(unquote_plus(name).lower()) is not None

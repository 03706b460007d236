"""Request plumbing: body, page reference, viewer, cookies, CORS, locale, limits, proxy."""

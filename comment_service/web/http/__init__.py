"""Request handling shared by all views: body, page, viewer, cookies, CORS, locale, limits."""

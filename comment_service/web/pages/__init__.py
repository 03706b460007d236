"""Moderation pages for a site's pages: titles, URLs, merge, split, embed check."""

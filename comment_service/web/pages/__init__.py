"""Pages for a site's pages: titles, addresses, merge, split, embed check."""

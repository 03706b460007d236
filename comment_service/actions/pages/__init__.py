"""Use cases of pages: edit, alias, merge, split, close, embed check."""

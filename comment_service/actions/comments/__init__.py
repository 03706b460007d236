"""Use cases of a page's thread: submit, edit, delete, like, react, report."""

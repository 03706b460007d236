"""Views of a page's thread: read, post, reply, edit, delete, like, react, report, feeds, embed."""

"""Text utilities: Markdown to HTML, names, links, Unicode folding. Imports no other package."""

"""Text: Markdown to safe HTML, names, links and Unicode folding; imports nothing of ours."""

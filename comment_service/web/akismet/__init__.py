"""The Akismet-compatible API: other programs use this service's spam filter."""

"""The APIs of Mastodon and Bluesky, as far as replies need them."""

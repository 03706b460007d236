"""Views for people who write comments: sign-in, account, subscriptions."""

"""Views for readers: sign-in, account, subscriptions."""

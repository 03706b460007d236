"""Use cases of readers: sign-in, account, passkeys, subscriptions, erasure."""

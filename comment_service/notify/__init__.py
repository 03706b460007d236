"""After the commit: outbox rows → mail. May import actions, storage, text and the ground."""

"""Engine, session, locks, paging, search, migrations, outbox."""

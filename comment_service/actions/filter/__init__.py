"""Use cases of the spam filter: retrain, activate, roll back, health."""

"""Use cases of owners: staff sign-in, team, invitations, rules."""

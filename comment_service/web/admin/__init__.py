"""Pages for sites, team, staff sign-in, rules and the embed code."""

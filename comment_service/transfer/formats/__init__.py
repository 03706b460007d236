"""One file per system: its export becomes records."""

"""The JSON API, version 1: what programs with a key can read, write, decide and change."""

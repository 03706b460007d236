"""Doors: how one comes in over HTTP. May import actions, identity, text, storage reads and the ground."""

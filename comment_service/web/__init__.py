"""HTTP entry points. A view is form → one action → present.

May import actions, storage, identity, text and the ground layer.
"""

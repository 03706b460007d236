"""Bring the comments of another system into a site, and take an import back."""

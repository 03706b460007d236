"""Commands that bring data in and out: import, export, load, backup, restore, one person."""

"""Editing content: drafts, two people at once, review, history, the state of every text. What `studio` shows and calls."""

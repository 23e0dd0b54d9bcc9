"""Guidepost, the assistant: understanding, conversation, knowledge, storage."""

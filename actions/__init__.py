"""Custom actions, one file each, run through rasa-sdk."""

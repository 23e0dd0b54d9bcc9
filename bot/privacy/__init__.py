"""What protects the people who write."""

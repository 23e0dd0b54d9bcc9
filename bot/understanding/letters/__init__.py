"""What people type in other letters than their language's own, read back into them."""

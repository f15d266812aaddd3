"""What one lesson needs and its cells cannot hold."""

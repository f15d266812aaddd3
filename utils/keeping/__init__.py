"""What `keep` is made of: one Keras model, what must be known of it, its file."""

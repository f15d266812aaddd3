"""A learner's own photographs: found, looked at, and decoded when needed."""

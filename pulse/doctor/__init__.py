"""`pulse doctor`: looks at everything that has to fit together, and says for each what would cure it."""

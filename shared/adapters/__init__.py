"""Each file wraps one outside thing. They know nothing of each other and decide nothing."""

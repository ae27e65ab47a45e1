"""Pure values and rules: standard library only; no clock, environment, network, randomness or logging."""

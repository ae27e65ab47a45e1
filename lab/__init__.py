"""Fault experiments: what breaks, and how often, when all around the shipped code fails."""

"""What events say, whom they are believed from, and where they go."""

"""What delta query reads, and how its findings become notifications."""

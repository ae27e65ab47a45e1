"""What is watched: entries, resources, the life of a subscription, the partner topic."""

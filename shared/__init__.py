"""The application: rules in `domain`, journeys in `flows`, the outside in `adapters`, joined in `composition`."""

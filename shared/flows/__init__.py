"""The journeys of an event and of a subscription. They decide nothing that `domain` can decide, and know no SDK."""

"""What is done for the journal's sake beside the journeys: rejected events, dead letters, replay, retention."""

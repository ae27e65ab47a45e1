"""How the outside reaches us: convert in, call one flow, convert out. No decision is made here."""

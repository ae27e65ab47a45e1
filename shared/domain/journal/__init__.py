"""How the journal lies in storage, who may work on an event, how long what is kept."""

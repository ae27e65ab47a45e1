"""`pulse demo`: the app, its local cloud and the storage emulator as processes, a live view, and the tour."""

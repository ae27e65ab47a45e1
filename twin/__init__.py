"""The local cloud: what Graph, Event Grid, Entra, Azure Resource Manager and the Functions host do, on a laptop.

It imports nothing of `shared`: its parsers and tables of limits are its own, written from the documentation, so that
a mistake of the app cannot hide behind the same mistake here. It is never deployed.
"""

"""A proxy before Azurite's tables, blobs and queues: refusals and troubles that Azurite does not know."""

"""Azurite, Microsoft's emulator of Azure Storage, at one version, with the node that runs it."""

"""Microsoft Graph by msgraph-sdk, as the app's own identity. SDK modules are imported on first use: they are many."""

from shared.adapters.graph.answers import answer_of, fault_of
from shared.adapters.graph.client import base_fields
from shared.adapters.graph.msgraph import MsGraph

__all__ = ["MsGraph", "answer_of", "base_fields", "fault_of"]

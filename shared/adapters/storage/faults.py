"""What an error of Azure's clients says of a write: refused, or perhaps written."""

import aiohttp
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError

from shared.ports import StorageFault, Unanswered

RESULT_UNKNOWN = {500, 502, 503, 504, 408}  # 503 may come from a gateway after the write


def fault_of(error: AzureError) -> StorageFault | Unanswered:
    # a ServiceRequestError may also be a connection that ended before the answer
    if isinstance(error, ServiceRequestError) and isinstance(error.inner_exception, aiohttp.ClientConnectorError):
        return StorageFault(str(error))
    status = error.status_code if isinstance(error, HttpResponseError) else None  # None too of an answer that broke off
    if not status or status in RESULT_UNKNOWN:
        return Unanswered(str(error))
    return StorageFault(f"{status} {getattr(error, 'error_code', '') or ''}")

"""Azure Storage: tables, blobs and queues of one account."""

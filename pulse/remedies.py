"""What to do about a step of the set-up that failed, told from what the failed program printed. Pure."""

import re

DISK = "The disk is full: free about 1.5 GB (.venv, twin/azurite/node_modules and the caches of pip, uv and npm)."
NO_VENV = "This Python lacks `venv`: install it (Debian, Ubuntu: apt install python3.13-venv) and start again."
WRONG_HASH = (
    "A package is not the one that was pinned: if a mirror stands between, ask its owner, else run `make pins`."
)
UNTRUSTED = (
    "The registry's certificate is not trusted. Behind a company proxy name its authority's file in SSL_CERT_FILE"
    " (pip, uv) and NODE_EXTRA_CA_CERTS (npm)."
)
NO_NETWORK = (
    "No network, or the registry can't be reached (PyPI for Python, npm for Azurite). Check the connection and"
    " HTTPS_PROXY; a mirror is named by PIP_INDEX_URL, UV_DEFAULT_INDEX and npm_config_registry."
)
NO_RIGHT = "No right to write here: look who owns .venv and node_modules; delete them and start again."
NOT_IN_STEP = "package-lock.json is not in step with package.json: `npm install` in that folder, then commit both."

REMEDIES = {  # words that the programs print: what to do; the first that fits
    "no space left|enospc|os error 28|disk quota": DISK,
    "ensurepip|no module named venv": NO_VENV,
    "do not match the hashes|hash mismatch|eintegrity": WRONG_HASH,
    "certificate_verify_failed|self.signed.certificate|unknownissuer|unable_to_get_issuer|peer certificate": UNTRUSTED,
    "can only install packages when your package.json": NOT_IN_STEP,
    "enotfound|eai_again|etimedout|econnrefused|econnreset|enetunreach|getaddrinfo|name resolution": NO_NETWORK,
    "dns error|failed to lookup|connection refused|timed out|unreachable|error sending request": NO_NETWORK,
    "newconnectionerror|failed to fetch|proxyerror|from versions: none|network": NO_NETWORK,
    "permission denied|eacces|eperm|access is denied": NO_RIGHT,
}
UNKNOWN = "Read the lines above. If they don't help: delete .venv and twin/azurite/node_modules and start again."


def remedy(printed: str) -> str:
    """One sentence for the person; never empty."""
    return next((advice for pattern, advice in REMEDIES.items() if re.search(pattern, printed, re.IGNORECASE)), UNKNOWN)

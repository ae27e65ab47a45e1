/** Requests to the app. A fault is a value here: callers decide what it means. */

/** What the server answered: `status` 0 where there was none. `body` is the JSON of a 2xx, else null. */
export interface Got<T> {
  readonly status: number;
  readonly body: T | null;
  readonly code: string; // of a fault, as the app names it
  readonly fault: string;
  readonly retryAfterMs: number | null;
}

const TIMEOUT_MS = 30_000;
const REFRESH_PAUSE_MS = 60_000;
let refreshing: Promise<boolean> | null = null;
let refusedAt = -Infinity;
let renewedAt = -Infinity;

export async function call<T>(url: string, init: RequestInit = {}): Promise<Got<T>> {
  const response = await signed(url, init);
  if (!response) return { status: 0, body: null, code: "", fault: "The app can't be reached.", retryAfterMs: null };
  const body = await parsed<T & { error?: { code: string; message: string } }>(response);
  const { status } = response;
  if (response.ok && body) return { status, body, code: "", fault: "", retryAfterMs: null };
  const { code = "", message = `The app answered ${status}.` } = body?.error ?? {};
  return { status, body: null, code, fault: message, retryAfterMs: retryAfter(response) };
}

/** The person's own token ends after an hour, the session after eight, and both can be refreshed: once, then tried again.
 * https://learn.microsoft.com/azure/app-service/configure-authentication-oauth-tokens#refresh-auth-tokens
 */
export async function signed(url: string, init: RequestInit = {}): Promise<Response | null> {
  const begun = Date.now();
  const response = await request(url, init);
  return response?.status === 401 && (await refreshed(begun)) ? request(url, init) : response;
}

export function sending(method: "POST" | "PATCH", body: unknown): RequestInit {
  return { method, body: JSON.stringify(body), headers: { accept: "application/json", "content-type": "application/json" } };
}

/** Without a session App Service redirects to Entra's sign-in page, which a script can't follow: that is a 401 too. */
async function request(url: string, init: RequestInit = {}): Promise<Response | null> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const options: RequestInit = { cache: "no-store", redirect: "manual", signal, headers: { accept: "application/json" } };
    const response = await fetch(url, { ...options, ...init });
    return response.type === "opaqueredirect" ? new Response(null, { status: 401 }) : response;
  } catch {
    return null;
  }
}

export async function parsed<T>(response: Response): Promise<T | null> {
  try {
    return (await response.json()) as T;
  } catch {
    return null;
  }
}

export function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : null;
}

/** One for all who asked with the old token; one that was refused is not asked for again at once. */
function refreshed(begun: number): Promise<boolean> {
  if (renewedAt >= begun) return Promise.resolve(true);
  if (Date.now() - refusedAt < REFRESH_PAUSE_MS) return Promise.resolve(false);
  refreshing ??= request("/.auth/refresh").then((response) => {
    refreshing = null;
    if (response?.ok) renewedAt = Date.now();
    else if (response) refusedAt = Date.now();
    return response?.ok ?? false;
  });
  return refreshing;
}

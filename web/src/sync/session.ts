/** Who is signed in. App Service authentication does the signing in; the page only asks and leads there. */
import { getMe } from "./api";

export type Session =
  | { readonly kind: "known"; readonly user: string; readonly name: string }
  | { readonly kind: "unknown" } // this host can't say; the API decides
  | { readonly kind: "unreachable" }
  | { readonly kind: "signed-out" };

const RETURN_TO = "graph-pulse.return-to";

export async function whoIsThere(): Promise<Session> {
  const { status, body } = await getMe();
  const me = body?.[0];
  if (me) return { kind: "known", user: me.user_id, name: nameIn(me.user_claims ?? []) || me.user_id };
  if (status === 401 || status === 200) return { kind: "signed-out" };
  return status === 404 ? { kind: "unknown" } : { kind: "unreachable" };
}

export function signIn(): void {
  sessionStorage.setItem(RETURN_TO, location.hash); // a redirect through the sign-in page loses it
  location.assign("/.auth/login/aad?post_login_redirect_uri=/");
}

/** The deep link that sign-in interrupted. */
export function takeUpInterrupted(): void {
  const hash = sessionStorage.getItem(RETURN_TO);
  sessionStorage.removeItem(RETURN_TO);
  if (hash && !location.hash) location.replace(hash);
}

export function leave(): void {
  location.assign("/.auth/logout?post_logout_redirect_uri=/");
}

function nameIn(claims: readonly { typ: string; val: string }[]): string {
  return claims.find((claim) => claim.typ === "name")?.val ?? "";
}

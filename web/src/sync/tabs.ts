/** Several tabs share one connection: Web Locks elects the tab that pulls, a BroadcastChannel tells the rest. */
import type { Mark } from "../model/catch_up";
import type { Link } from "../model/link";
import type { KeptRow } from "../model/rows";

export type News =
  | { readonly kind: "kept"; readonly rows: readonly KeptRow[]; readonly mark: Mark | null }
  | { readonly kind: "link"; readonly link: Link }
  | { readonly kind: "ask" }
  | { readonly kind: "hello" }
  | { readonly kind: "signed-out"; readonly isWiped: boolean }
  | MailNews;

/** `mail`: a folder changed on this device; `mail-ask`: let the leading tab look what is new in it. */
export type MailNews =
  | { readonly kind: "mail"; readonly folder: string }
  | { readonly kind: "mail-ask"; readonly folder: string }
  | { readonly kind: "outbox" }
  | { readonly kind: "own"; readonly keys: readonly string[] };

export class Tabs {
  readonly #channel = new BroadcastChannel("graph-pulse");
  #release = (): void => {};

  constructor(onNews: (news: News) => void) {
    this.#channel.onmessage = (message: MessageEvent<News>) => onNews(message.data);
  }

  tell(news: News): void {
    this.#channel.postMessage(news);
  }

  /** `lead` runs once this tab is the one that pulls, which it then is until it closes or retires. */
  stand(lead: () => Promise<void>): void {
    void navigator.locks.request("graph-pulse", async () => {
      const retired = new Promise<void>((resolve) => (this.#release = resolve));
      await lead();
      await retired;
    });
  }

  retire(): void {
    this.#release();
  }
}

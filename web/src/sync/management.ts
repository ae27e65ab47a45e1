/** What operators see: subscriptions and quarantine, asked for now and then. Whoever is none is told so by the API. */
import { getQuarantine, getSubscriptions, type Rejection, renew, type Subscription } from "./api";
import { Remote } from "./remote";

export class Management {
  readonly subscriptions: Remote<{ subscriptions: Subscription[] }>;
  readonly quarantine: Remote<{ rejections: Rejection[] }>;
  readonly renewing = new Set<string>();
  readonly refused = new Map<string, string>();

  constructor(private readonly changed: () => void) {
    this.subscriptions = new Remote(getSubscriptions, changed);
    this.quarantine = new Remote(getQuarantine, changed);
  }

  get isOperator(): boolean {
    return this.subscriptions.body !== null;
  }

  async refresh(): Promise<void> {
    if (this.subscriptions.isForbidden) return;
    await this.subscriptions.load();
    if (this.isOperator) await this.quarantine.load();
  }

  async renew(name: string): Promise<void> {
    this.renewing.add(name);
    this.changed();
    const { body, fault } = await renew(name);
    this.#note(name, fault || (body?.actions.find((action) => action.fault)?.fault ?? ""));
    this.renewing.delete(name);
    await this.subscriptions.load();
  }

  #note(name: string, fault: string): void {
    if (fault) this.refused.set(name, fault);
    else this.refused.delete(name);
  }
}

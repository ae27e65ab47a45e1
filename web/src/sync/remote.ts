/** Something fetched for the screen: what is known of it, whether it is being fetched, and what went wrong. */
import type { Got } from "./http";

export class Remote<T> {
  body: T | null = null;
  fault = "";
  status = 0;
  isLoading = false;

  constructor(
    private readonly fetched: () => Promise<Got<T>>,
    private readonly changed: () => void,
  ) {}

  get isForbidden(): boolean {
    return this.status === 403;
  }

  async load(): Promise<void> {
    if (this.isLoading) return;
    this.isLoading = true;
    this.changed();
    const got = await this.fetched();
    this.isLoading = false;
    this.status = got.status;
    this.fault = got.fault;
    this.body = got.body ?? (got.status === 0 ? this.body : null);
    this.changed();
  }
}

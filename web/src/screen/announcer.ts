/** Speaks to screen readers, politely: how many events came, not each one; and when the connection changes. */
const EVERY_MS = 5_000;

export class Announcer {
  text = "";
  #came = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly changed: () => void) {}

  came(count: number): void {
    this.#came += count;
    this.#timer ??= setTimeout(() => this.#speakCount(), EVERY_MS);
  }

  say(text: string): void {
    if (this.text === text) return;
    this.text = text;
    this.changed();
  }

  #speakCount(): void {
    this.#timer = null;
    this.say(`${this.#came.toLocaleString("en")} new ${this.#came === 1 ? "event" : "events"}`);
    this.#came = 0;
  }
}

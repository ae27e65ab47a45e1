/** SignalR: only hints come this way, each means "pull". Never gives up; its library is loaded after the first paint.
 *
 * The library's own reconnect ends after 42 s and does not cover a failed first start, so both are done here.
 */
import type { HubConnection } from "@microsoft/signalr";

export interface PushPorts {
  news(): void;
  state(push: "connecting" | "live" | "unreachable"): void;
}

const PAUSES_MS = [0, 1_000, 2_000, 5_000, 10_000];
const LONGEST_MS = 30_000;

export class Push {
  #connection: HubConnection | null = null;
  #isStopped = false;
  #cutPause = (): void => {};

  constructor(private readonly ports: PushPorts) {}

  async run(): Promise<void> {
    for (let attempt = 0; !this.#isStopped; attempt++) {
      await this.#pause(pauseMs(attempt));
      if (this.#isStopped) return;
      if (await this.#held()) attempt = -1;
      else this.ports.state("unreachable");
    }
  }

  /** The network is back: no need to wait longer. */
  hurry(): void {
    this.#cutPause();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cutPause();
    await this.#connection?.stop();
  }

  /** Connects and stays until the connection ends for good; false if it never came to be. */
  async #held(): Promise<boolean> {
    try {
      const connection = await this.#build();
      const closed = new Promise<void>((resolve) => connection.onclose(() => resolve()));
      await connection.start();
      if (this.#isStopped) return connection.stop().then(() => true);
      this.#live();
      await closed;
      if (!this.#isStopped) this.ports.state("connecting");
      return true;
    } catch {
      return false;
    }
  }

  async #build(): Promise<HubConnection> {
    const { HubConnectionBuilder, LogLevel } = await import("@microsoft/signalr");
    const connection = new HubConnectionBuilder()
      .withUrl("/api") // POST /api/negotiate answers with the service's address and a token for this user
      .withAutomaticReconnect({ nextRetryDelayInMilliseconds: ({ previousRetryCount: tried }) => (tried < 3 ? pauseMs(tried) : null) })
      .configureLogging(LogLevel.None) // its log holds addresses with tokens
      .build();
    connection.on("news", () => {
      this.ports.news();
    });
    connection.onreconnecting(() => this.ports.state("connecting"));
    connection.onreconnected(() => this.#live());
    this.#connection = connection;
    return connection;
  }

  #live(): void {
    this.ports.state("live");
    this.ports.news();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#cutPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Grows, has a cap, and is never the same for all browsers at once. */
function pauseMs(attempt: number): number {
  return (PAUSES_MS[attempt] ?? LONGEST_MS) * (0.75 + Math.random() / 2);
}

/** The local cloud beneath a demo, through the stand-in host. Elsewhere there is none, and nobody asks for it. */
import { counted } from "../model/spans";
import { call, type Got, sending } from "./http";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const PANEL = "/twin/panel";

export interface Person {
  readonly alias: string;
  readonly name: string;
}

/** What the panel can turn on and off. */
export const FAULTS = [
  { name: "graph", words: "Graph is out (503)", on: { graph_down: true }, off: { graph_down: false } },
  { name: "silent", words: "Graph tells nobody of changes", on: { announce: false }, off: { announce: true } },
  { name: "push", words: "SignalR is out (503)", on: { signalr_offline: true }, off: { signalr_offline: false } },
  { name: "drop", words: "Half of the pushes are lost", on: { signalr_drop_percent: 50 }, off: { signalr_drop_percent: 0 } },
  { name: "twice", words: "Each delivery comes twice", on: { duplicate_percent: 100 }, off: { duplicate_percent: 0 } },
] as const;

export type Fault = (typeof FAULTS)[number];

export class Twin {
  told = "";
  isSlow = false;
  switches: Readonly<Record<string, unknown>> = {};

  constructor(
    readonly people: readonly Person[],
    private readonly changed: () => void,
  ) {}

  async trigger(order: { type: string; user: string; count: number; rate?: number; forge?: boolean }): Promise<void> {
    const user = order.type.startsWith("message") ? { user: order.user } : {};
    const { type, count, rate = 0, forge = false } = order;
    const got = await this.#post<{ changes: number; events: number }>("/trigger", { type, count, rate, forge, ...user });
    this.#tell(got, got.body ? `${counted(got.body.changes, "change")}, ${counted(got.body.events, "event")}` : "");
  }

  isOn(fault: Fault): boolean {
    return Object.entries(fault.on).every(([name, value]) => this.switches[name] === value);
  }

  async turn(fault: Fault, isOn: boolean): Promise<void> {
    const got = await this.#put("/switches", isOn ? fault.on : fault.off);
    if (got.body) this.switches = got.body;
    this.#tell(got, `${fault.words}: ${isOn ? "on" : "off"}`);
  }

  /** Each call to Graph takes two seconds more. */
  async slow(isOn: boolean): Promise<void> {
    const got = await this.#put("/outages", { graph: isOn ? { latency_ms: 2_000 } : {} });
    this.isSlow = got.body ? isOn : this.isSlow;
    this.#tell(got, isOn ? "Graph is slow" : "Graph is quick again");
  }

  async cutSockets(): Promise<void> {
    const got = await this.#post<{ cut: number }>("/signalr/cut", {});
    this.#tell(got, got.body ? `${counted(got.body.cut, "connection")} cut` : "");
  }

  async lifecycle(type: string): Promise<void> {
    const got = await this.#post<{ events: number }>("/lifecycle", { type });
    this.#tell(got, got.body ? counted(got.body.events, "lifecycle event") : "");
  }

  /** Both clocks: the twin's and the app's. */
  async advance(seconds: number): Promise<void> {
    const got = await this.#post<{ now: string }>("/clock", { advance_s: seconds });
    this.#tell(got, got.body ? `It is ${got.body.now.slice(0, 16).replace("T", " ")} UTC now` : "");
  }

  async look(): Promise<void> {
    const got = await call<Record<string, unknown>>(`${PANEL}/switches`);
    if (got.body) this.switches = got.body;
    this.changed();
  }

  #post<T>(path: string, body: unknown): Promise<Got<T>> {
    return call(PANEL + path, sending("POST", body));
  }

  #put(path: string, body: unknown): Promise<Got<Record<string, unknown>>> {
    return call(PANEL + path, { ...sending("POST", body), method: "PUT" });
  }

  #tell({ fault }: Got<unknown>, words: string): void {
    this.told = fault || words;
    this.changed();
  }
}

export async function findTwin(changed: () => void): Promise<Twin | null> {
  if (!LOOPBACK.includes(location.hostname)) return null;
  const { body } = await call<Person[]>(`${PANEL}/people`);
  if (!body) return null;
  const twin = new Twin(body, changed);
  await twin.look();
  return twin;
}

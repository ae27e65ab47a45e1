/** A small panel of the demo: make changes, break things, move the clock. Loaded when it is opened first. */
import { html, LitElement, type TemplateResult } from "lit";
import { FAULTS, type Twin } from "../sync/twin";
import { icon } from "./icons";

const CHANGES = ["message.created", "message.updated", "message.deleted", "user.updated", "group.updated"];
const COUNTS = [1, 10, 100, 1_000];
const SPANS = [
  { words: "1 hour", seconds: 3_600 },
  { words: "1 day", seconds: 86_400 },
  { words: "5 days", seconds: 5 * 86_400 },
];

export class TwinPanel extends LitElement {
  static override properties = { twin: { attribute: false } };

  declare twin: Twin;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.requestUpdate(), 500); // it shows what the twin says
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  #timer: ReturnType<typeof setInterval> | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  protected override render(): TemplateResult {
    return html`<section class="twin" aria-label="The twin">
      <div class="composer-head"><h2>The twin: the cloud of this demo</h2>
        <button class="icon-button" @click=${() => this.dispatchEvent(new CustomEvent("close"))}>${icon("close", 16)}<span class="hidden">Close the twin</span></button></div>
      <form @submit=${(event: SubmitEvent) => this.#trigger(event)}>
        <h3>Make changes</h3>
        <div class="twin-line">
          ${select("count", "How many", COUNTS.map(String))} ${select("type", "Of what kind", CHANGES)}
          ${select("user", "Whose", this.twin.people.map(({ alias }) => alias))}
        </div>
        <div class="twin-line">
          <button class="button primary small" name="act" value="now">Now</button>
          <button class="button small" name="act" value="slowly">20 a second</button>
          <button class="button small" name="act" value="forge">Forged</button>
        </div>
      </form>
      <h3>Faults</h3>
      ${FAULTS.map((fault) => checkbox(fault.words, this.twin.isOn(fault), (isOn) => this.twin.turn(fault, isOn)))}
      ${checkbox("Graph is slow (2 s a call)", this.twin.isSlow, (isOn) => this.twin.slow(isOn))}
      <div class="twin-line">
        <button class="button small" @click=${() => void this.twin.cutSockets()}>Cut connections</button>
        <button class="button small" @click=${() => void this.twin.lifecycle("missed")}>Say “missed”</button>
      </div>
      <h3>Move the clock</h3>
      <div class="twin-line">${SPANS.map(({ words, seconds }) => html`<button class="button small" @click=${() => void this.twin.advance(seconds)}>+${words}</button>`)}</div>
      <p class="told" role="status">${this.twin.told}</p>
    </section>`;
  }

  #trigger(event: SubmitEvent): void {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const act = (event.submitter as HTMLButtonElement | null)?.value;
    const order = { type: String(form.get("type")), user: String(form.get("user")), count: Number(form.get("count")) };
    void this.twin.trigger({ ...order, rate: act === "slowly" ? 20 : 0, forge: act === "forge" });
  }
}

function select(name: string, label: string, options: readonly string[]): TemplateResult {
  return html`<select name=${name} aria-label=${label}>${options.map((one) => html`<option>${one}</option>`)}</select>`;
}

function checkbox(words: string, isOn: boolean, turn: (isOn: boolean) => Promise<void>): TemplateResult {
  return html`<label class="check"><input type="checkbox" .checked=${isOn} @change=${(event: Event) => void turn((event.target as HTMLInputElement).checked)} />${words}</label>`;
}

customElements.define("twin-panel", TwinPanel);

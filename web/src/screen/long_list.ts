/** The long list: only the lines on screen are in the page, and what is being read stays where it is. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { type Layout, layoutOf, lineAt, visible } from "../model/layout";

/** `text` is a heading's. */
export interface ListLine {
  readonly key: string;
  readonly kind: string;
  readonly text?: string;
}

/** How lines look and how high they are, in CSS pixels; the same object as long as nothing of it changes. */
export interface ListLook {
  height(kind: string, isNarrow: boolean): number;
  template(line: ListLine, isSelected: boolean): TemplateResult;
}

const SPARE = 400;
const HEADING = 36;
const narrow = matchMedia("(max-width: 760px)");

export class LongList extends LitElement {
  static override properties = {
    lines: { attribute: false },
    selected: { attribute: false },
    look: { attribute: false },
  };

  declare lines: readonly ListLine[];
  declare selected: string;
  declare look: ListLook;

  #layout: Layout = layoutOf([]);
  #window: [number, number] = [0, 0];
  #anchor: { key: string; offset: number } | null = null;

  constructor() {
    super();
    this.lines = [];
    this.selected = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("scroll", this.#scrolled, { passive: true });
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.removeEventListener("scroll", this.#scrolled);
    this.#resized.disconnect();
  }

  get isNearEnd(): boolean {
    return this.scrollTop + 2 * this.clientHeight > this.#layout.height;
  }

  get isAtTop(): boolean {
    return this.scrollTop < 8;
  }

  /** Brings a line into view. */
  reveal(key: string): void {
    const index = this.lines.findIndex((line) => line.key === key);
    if (index < 0) return;
    const [top, bottom] = [this.#layout.tops[index]! - HEADING, this.#layout.tops[index + 1]!];
    if (top < this.scrollTop) this.scrollTop = Math.max(0, top);
    else if (bottom > this.scrollTop + this.clientHeight) this.scrollTop = bottom - this.clientHeight;
  }

  /** Puts the focus on a line's link, once it is in the page. */
  async focusLine(key: string): Promise<void> {
    this.reveal(key);
    this.#scrolled();
    await this.updateComplete;
    this.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"] .row`)?.focus({ preventScroll: true });
  }

  protected override createRenderRoot(): this {
    return this;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("lines")) return;
    this.#anchor = this.isAtTop ? null : this.#firstOnScreen((changed.get("lines") as readonly ListLine[] | undefined) ?? []);
    this.#relayout();
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("lines")) return;
    const index = this.#anchor ? this.lines.findIndex((line) => line.key === this.#anchor!.key) : -1;
    if (index >= 0) this.scrollTop = this.#layout.tops[index]! + this.#anchor!.offset;
    this.#scrolled();
  }

  protected override render(): TemplateResult {
    const [first, end] = this.#window;
    const shown = this.lines.slice(first, end).map((line, index) => ({ line, top: this.#layout.tops[first + index]! }));
    return html`<div class="stuck" aria-hidden="true">${this.#headingOnTop() ?? nothing}</div>
      <div class="canvas" .style=${`height:${this.#layout.height}px`}>
        ${repeat(
          shown,
          ({ line }) => line.key,
          ({ line, top }) =>
            html`<div class="slot" data-key=${line.key} .style=${`transform:translateY(${top}px)`}>
              ${this.look.template(line, line.key === this.selected)}
            </div>`,
        )}
      </div>`;
  }

  #relayout(): void {
    this.#layout = layoutOf(this.lines.map((line) => this.look.height(line.kind, narrow.matches)));
    this.#window = visible(this.#layout, this.scrollTop, this.clientHeight, SPARE);
  }

  readonly #scrolled = (): void => {
    const [first, end] = visible(this.#layout, this.scrollTop, this.clientHeight, SPARE / 2);
    if (first < this.#window[0] || end > this.#window[1] || this.#headingOnTop() !== this.#shownHeading()) {
      this.#window = visible(this.#layout, this.scrollTop, this.clientHeight, SPARE);
      this.requestUpdate();
    }
    this.dispatchEvent(new CustomEvent("moved"));
  };

  readonly #resized = new ResizeObserver(() => {
    this.#relayout();
    this.requestUpdate();
  });

  /** By the lines that are still laid out. */
  #firstOnScreen(lines: readonly ListLine[]): { key: string; offset: number } | null {
    const index = lineAt(this.#layout, this.scrollTop);
    const key = lines[index]?.key;
    return key ? { key, offset: this.scrollTop - this.#layout.tops[index]! } : null;
  }

  #headingOnTop(): string | undefined {
    for (let index = lineAt(this.#layout, this.scrollTop); index >= 0; index--) {
      const line = this.lines[index];
      if (line?.kind === "heading") return line.text;
    }
    return undefined;
  }

  #shownHeading(): string | undefined {
    return this.querySelector(".stuck")?.textContent || undefined;
  }
}

customElements.define("long-list", LongList);

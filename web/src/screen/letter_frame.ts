/** A message's HTML in a frame of its own, without scripts; as high as its content, in the page's fonts and colours.
 *
 * The server has made it safe already. The frame keeps this page's origin so that its height can be read and its
 * stylesheet loaded; as it may run no script, nothing in it can use that.
 */
import { html, LitElement, type TemplateResult } from "lit";
import letterStyle from "../style/letter.css?url";

const DOCTYPE = "<!doctype html>";

export class LetterFrame extends LitElement {
  static override properties = { content: { attribute: false }, theme: { attribute: false } };

  declare content: string;
  declare theme: string;

  constructor() {
    super();
    this.content = "";
    this.theme = "system";
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  protected override render(): TemplateResult {
    return html`<iframe
      title="Message"
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      srcdoc=${documentOf(this.content, this.theme)}
      @load=${() => this.#loaded()}
    ></iframe>`;
  }

  readonly #resized = new ResizeObserver(() => this.#fit());

  #loaded(): void {
    const body = this.#frame?.contentDocument?.body;
    this.#resized.disconnect();
    if (body) this.#resized.observe(body);
    this.#resized.observe(this);
    this.#fit();
  }

  #fit(): void {
    const inner = this.#frame?.contentDocument?.documentElement;
    if (inner && this.#frame) this.#frame.style.height = `${inner.offsetHeight + 2}px`;
  }

  get #frame(): HTMLIFrameElement | null {
    return this.querySelector("iframe");
  }
}

function documentOf(content: string, theme: string): string {
  const chosen = theme === "system" ? "" : ` data-theme="${theme}"`;
  return `${DOCTYPE}<html lang="und"${chosen}><head><meta charset="utf-8"><title>Message</title><link rel="stylesheet" href="${letterStyle}"></head><body>${content}</body></html>`;
}

customElements.define("letter-frame", LetterFrame);

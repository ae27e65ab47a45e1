/** The message that is open in this tab: from the server, or as it was read before. */
import type { Head, Message } from "../model/mail";
import { receivedAt } from "../model/mail";
import { getMessage } from "./mail_api";
import type { MailStore } from "./mail_store";

export class OpenLetter {
  message: Message | null = null;
  isLoading = true;
  isSaved = false; // shown as it was read before
  status = 0;
  fault = "";

  constructor(
    readonly id: string,
    readonly folder: string,
    private readonly store: MailStore | null,
    private readonly changed: () => void,
  ) {}

  async load(): Promise<void> {
    this.isLoading = true;
    await this.#fromDevice();
    if (navigator.onLine || !this.message) await this.#fromServer();
    this.isLoading = false;
    this.changed();
  }

  get hasNoAnswer(): boolean {
    return this.status === 0;
  }

  get isGone(): boolean {
    return this.status === 404;
  }

  async #fromDevice(): Promise<void> {
    const [kept, body] = await Promise.all([this.store?.head(this.id), this.store?.body(this.id)]);
    if (!kept || !body) return;
    this.message = { ...kept.head, to: body.to, cc: body.cc, html: body.html };
    this.isSaved = true;
    this.changed();
  }

  async #fromServer(): Promise<void> {
    const { status, fault, body } = await getMessage(this.id);
    this.status = status;
    this.fault = fault;
    if (!body) return;
    this.message = body;
    this.isSaved = false;
    await this.#keep(body).catch(() => {});
  }

  async #keep(message: Message): Promise<void> {
    const { to, cc, html, ...head } = message;
    const size = html.length + JSON.stringify(head satisfies Head).length;
    await this.store?.keepBody({ id: message.id, at: receivedAt(message), size, to, cc, html });
  }
}

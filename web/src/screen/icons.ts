/** Line icons on a 20 px grid. They are decoration: the words beside them say it. */
import { html, type TemplateResult } from "lit";

const PATHS = {
  bolt: "M11 2 4 11h5l-1 7 7-9h-5z",
  mail: "M2.500 5h15v10.500h-15zM2.500 5.500l7.500 5.500 7.500-5.500",
  people: "M10 10a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400zM4 17c.6-3.400 3-5 6-5s5.400 1.600 6 5",
  lifecycle: "M2 10h4l2-5 4 10 2-5h4",
  other: "M10 2.500 16.500 6v8L10 17.500 3.500 14V6zM3.500 6 10 9.500 16.500 6M10 9.500v8",
  quarantine: "M3 7h14v10H3zM2 3.500h16V7H2zM8 10.500h4",
  subscriptions: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4l3 2",
  search: "M9 14A5 5 0 1 0 9 4a5 5 0 0 0 0 10zM13 13l4 4",
  pause: "M7 4v12M13 4v12",
  play: "M6 4l10 6-10 6z",
  moon: "M16 12A7 7 0 0 1 8 4a7 7 0 1 0 8 8z",
  sun: "M10 13.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM10 1.500v2M10 16.500v2M1.500 10h2M16.500 10h2M4 4l1.400 1.400M14.600 14.600 16 16M16 4l-1.400 1.400M5.400 14.600 4 16",
  system: "M2.500 4h15v10h-15zM7 17h6M10 14v3",
  replay: "M4 10a6 6 0 1 0 2-4.500M6 2v4h4",
  chevron: "M7 4l6 6-6 6",
  back: "M12 4l-6 6 6 6",
  close: "M5 5l10 10M15 5 5 15",
  copy: "M7 7h9v10H7zM4 13V3h9",
  link: "M8 12a3 3 0 0 0 4.300 0l3-3A3 3 0 0 0 11 4.700l-1 1M12 8a3 3 0 0 0-4.300 0l-3 3A3 3 0 0 0 9 15.300l1-1",
  gap: "M3 10h4M13 10h4M9 6v8M11 6v8",
  inbox: "M2.500 11 5 4h10l2.500 7v5h-15zM2.500 11H7a3 3 0 0 0 6 0h4.500",
  folder: "M2.500 5h5l2 2h8v8.500h-15z",
  write: "M4 16l1-4 8-8 3 3-8 8zM11.500 5.500l3 3",
  send: "M3 3.500 17.500 10 3 16.500 5 10zM5 10h6",
  reply: "M8 5 3.500 9.500 8 14M3.500 9.500h7c3.500 0 6 1.500 6 5.500",
  replyAll: "M6 6 2.500 9.500 6 13M10 6 6.500 9.500 10 13M6.500 9.500H11c3.500 0 6 1.500 6 5",
  check: "M4 10.500 8.500 15 16 5.500",
  clip: "M14 8l-5 5a2 2 0 0 1-3-3l6-6a3.200 3.200 0 0 1 4.500 4.500L10 15",
  twin: "M7 3h10v10H7zM3 7v10h10",
  cloud: "M6 15.500a3.500 3.500 0 0 1-.4-7A5 5 0 0 1 15 9.200a3.200 3.200 0 0 1-.5 6.300z",
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName, size = 20): TemplateResult {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d=${PATHS[name]}></path>
  </svg>`;
}

export function logo(): TemplateResult {
  return html`<svg class="logo" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <rect width="24" height="24" rx="6"></rect>
    <path d="M4 13h4l2-6 4 11 2-5h4"></path>
  </svg>`;
}

/** Events a minute, the last half hour as bars, and how long a change takes to this screen. */
import { html, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { estimate, type Offset } from "../model/clock_offset";
import { type Bucket, buckets, MINUTES, p95, type Series, SERIES, sums, total } from "../model/rate";
import type { KeptRow } from "../model/rows";
import { spanOf } from "../model/spans";

const [WIDTH, HEIGHT, STEP] = [600, 44, 20];
const RECENT_MS = 5 * 60_000;

/** `isFresh`: were figures of this moment known? If not they stay blank. */
export interface RateView {
  readonly rows: readonly KeptRow[];
  readonly now: number;
  readonly isFresh: boolean;
  readonly clock: Offset;
}

export function rateChart(view: RateView): TemplateResult {
  const all = buckets(view.rows, view.now);
  const perMinute = view.isFresh ? total(all[MINUTES - 1]!).toLocaleString("en") : "–";
  return html`<section class="rate" aria-label="Rate">
    <div class="figure"><b>${perMinute}</b><span>in the last minute</span></div>
    <div class="plot">
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${spoken(all)}>
        ${bars(all)}<line x1="0" x2=${WIDTH} y1=${HEIGHT - 0.5} y2=${HEIGHT - 0.5}></line>
      </svg>
      <div class="legend" aria-hidden="true">
        ${legend(all).map((series) => html`<span><i class=${series}></i>${series}</span>`)}<span>last ${MINUTES} min</span>
      </div>
    </div>
    <div class="figure end"><b>${delay(view)}</b><span>change to screen, p95</span></div>
  </section>`;
}

/** The usual ones, and those that there are. */
function legend(all: readonly Bucket[]): Series[] {
  const sum = sums(all);
  return SERIES.filter((series) => sum[series] > 0 || series === "created" || series === "updated");
}

function bars(all: readonly Bucket[]): SVGTemplateResult[] {
  const most = Math.max(4, ...all.map(total));
  return all.flatMap((bucket, index) => stack(bucket, index * STEP, (HEIGHT - 4) / most));
}

function stack(bucket: Bucket, x: number, scale: number): SVGTemplateResult[] {
  let y = HEIGHT - 1;
  return SERIES.filter((series) => bucket[series] > 0).map((series) => {
    const height = Math.max(2, bucket[series] * scale);
    y -= height;
    return svg`<rect class=${series} x=${x + 2} y=${y} width=${STEP - 5} height=${height}></rect>`;
  });
}

function spoken(all: readonly Bucket[]): string {
  const sum = sums(all);
  const said = SERIES.filter((series) => sum[series] > 0).map((series) => `${sum[series]} ${series}`);
  return `Events of the last ${MINUTES} minutes: ${said.join(", ") || "none"}`;
}

/** Of rows that came while this page was looking, from the event's own time, which may be of whole seconds: so "about".
 * Blank where the two clocks can't be compared.
 */
function delay({ rows, now, isFresh, clock }: RateView): string {
  const offset = estimate(clock);
  if (!isFresh || !offset) return "–";
  const recent = rows.slice(-500).filter((row) => row.isLive && now - row.at < RECENT_MS);
  const delays = recent.map((row) => row.arrived + offset.ms - Date.parse(row.time)).filter((ms) => Math.abs(ms) < RECENT_MS);
  const value = p95(delays);
  return value === null ? "–" : `~${spanOf(Math.max(value, offset.plusMinus))}`;
}

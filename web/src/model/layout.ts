/** Which lines of a long list are on screen. Pure; all lengths in CSS pixels. */

/** `tops` has one entry more than there are lines: the last is the height of all. */
export interface Layout {
  readonly tops: Float64Array;
  readonly height: number;
}

export function layoutOf(heights: readonly number[]): Layout {
  const tops = new Float64Array(heights.length + 1);
  heights.forEach((height, index) => (tops[index + 1] = tops[index]! + height));
  return { tops, height: tops[heights.length]! };
}

/** The line at `y`. */
export function lineAt(layout: Layout, y: number): number {
  let low = 0;
  let high = layout.tops.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (layout.tops[middle]! <= y) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** First line and the one after the last that touch the window, with `spare` px on either side. */
export function visible(layout: Layout, top: number, height: number, spare: number): [number, number] {
  if (layout.height === 0) return [0, 0];
  return [lineAt(layout, Math.max(0, top - spare)), lineAt(layout, top + height + spare) + 1];
}

/** JSON text cut into keys, strings, other values and what stands between, for colouring. Pure. */

export interface Piece {
  readonly kind: "key" | "string" | "value" | "mark";
  readonly text: string;
}

export function pieces(json: string): Piece[] {
  const found = json.matchAll(/("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*|[^"\w-]+|./g);
  return [...found].map(([text, quoted, colon]) => ({ kind: kindOf(text, quoted, colon), text }));
}

function kindOf(text: string, quoted: string | undefined, colon: string | undefined): Piece["kind"] {
  if (quoted) return colon ? "key" : "string";
  return /^[\w-]/.test(text) ? "value" : "mark";
}

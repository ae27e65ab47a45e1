/** Times and spans in words. Pure. */

export function clockTime(ms: number): string {
  return new Date(ms).toLocaleTimeString("en-GB");
}

export function dayAndTime(ms: number): string {
  const date = new Date(ms);
  return `${date.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" })}, ${clockTime(ms)}`;
}

export function shortMoment(ms: number): string {
  const date = new Date(ms);
  return `${date.toLocaleDateString("en-GB", { weekday: "short" })} ${clockTime(ms).slice(0, 5)}`;
}

/** "5 d 22 h", "2 h 48 m", "12 m", "40 s". */
export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return `${days} d ${String(hours).padStart(2, "0")} h`;
  if (hours) return `${hours} h ${String(minutes).padStart(2, "0")} m`;
  return minutes ? `${minutes} m` : `${seconds} s`;
}

/** "41 ms", "1.2 s", "3 m". */
export function spanOf(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : timeLeft(ms);
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

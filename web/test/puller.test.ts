import { expect, test } from "vitest";
import type { Answer } from "../src/sync/api";
import { FIRST_PAUSE_MS, LONGEST_PAUSE_MS, Puller, REST_MS } from "../src/sync/puller";
import { row } from "./builders";

const page = (cursor: string, more = false, numbers: number[] = []): Answer => ({ kind: "page", rows: numbers.map((n) => row(n)), cursor, more });
const failed = (retryAfterMs: number | null = null): Answer => ({ kind: "failed", fault: "no", retryAfterMs });

/** A puller whose answers come when the test says so, and whose clock is the test's. */
function rig(cursor: string | null = null) {
  const asked: (string | null)[] = [];
  const told: string[] = [];
  const waits: { ms: number; act: () => void; isOff: boolean }[] = [];
  let give: (answer: Answer) => void = () => {};
  const puller = new Puller(
    {
      pull: (since) => {
        asked.push(since);
        return new Promise((resolve) => (give = resolve));
      },
      keep: async (rows, next, isAnew) => void told.push(`keep ${rows.length} ${next}${isAnew ? " anew" : ""}`),
      settled: () => void told.push("settled"),
      failed: (_, ms) => void told.push(`failed ${ms}`),
      signedOut: () => void told.push("signed out"),
      later: (ms, act) => {
        const wait = { ms, act, isOff: false };
        waits.push(wait);
        return () => (wait.isOff = true);
      },
    },
    cursor,
  );
  const answer = async (given: Answer) => {
    give(given);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { puller, asked, told, waits, answer };
}

test("pages are pulled one after the other until there are no more", async () => {
  const { puller, asked, told, answer } = rig("a");
  puller.ask();
  await answer(page("b", true, [1, 2]));
  await answer(page("c", false, [3]));

  expect(asked).toEqual(["a", "b"]);
  expect(told).toEqual(["keep 2 b", "keep 1 c", "settled"]);
});

test("wishes during a pull make one more pull, not one each", async () => {
  const { puller, asked, waits, answer } = rig("a");
  puller.ask();
  for (let wish = 0; wish < 5; wish++) puller.ask();
  expect(asked).toEqual(["a"]);

  await answer(page("b"));
  waits.at(-1)!.act();
  await answer(page("b"));
  waits.at(-1)!.act();

  expect(asked).toEqual(["a", "b"]);
});

test("after a pull it rests, and wishes made meanwhile wait for one pull", async () => {
  const { puller, asked, waits, answer } = rig("a");
  puller.ask();
  await answer(page("b"));
  for (let wish = 0; wish < 5; wish++) puller.ask();
  expect(asked).toEqual(["a"]);

  waits.at(-1)!.act();

  expect(waits.at(-1)!.ms).toBe(REST_MS);
  expect(asked).toEqual(["a", "b"]);
});

test("after the rest a wish is pulled at once", async () => {
  const { puller, asked, waits, answer } = rig("a");
  puller.ask();
  await answer(page("b"));
  waits.at(-1)!.act();
  expect(asked).toEqual(["a"]);

  puller.ask();

  expect(asked).toEqual(["a", "b"]);
});

test("a failure is tried again from the same cursor, after pauses that grow to a cap", async () => {
  const { puller, asked, waits, answer } = rig("a");
  puller.ask();
  for (let attempt = 0; attempt < 8; attempt++) {
    await answer(failed());
    waits.at(-1)!.act();
  }

  expect(waits.slice(0, 3).map(({ ms }) => ms)).toEqual([FIRST_PAUSE_MS, 2 * FIRST_PAUSE_MS, 4 * FIRST_PAUSE_MS]);
  expect(waits.at(-1)!.ms).toBe(LONGEST_PAUSE_MS);
  expect(new Set(asked)).toEqual(new Set(["a"]));
});

test("the app's own wish for a pause is obeyed", async () => {
  const { puller, told, answer } = rig();
  puller.ask();
  await answer(failed(45_000));
  expect(told).toEqual(["failed 45000"]);
});

test("a wish cuts a pause short", async () => {
  const { puller, asked, waits, answer } = rig("a");
  puller.ask();
  await answer(failed());
  puller.ask();

  expect(asked).toEqual(["a", "a"]);
  expect(waits[0]!.isOff).toBe(true);
});

test("a trimmed cursor begins anew without one, and says so until all is there", async () => {
  const { puller, asked, told, waits, answer } = rig("old");
  puller.ask();
  await answer({ kind: "trimmed" });
  await answer(page("b", true, [1]));
  await answer(page("c", false, [2]));
  waits.at(-1)!.act();
  puller.ask();
  await answer(page("d", false, [3]));

  expect(asked).toEqual(["old", null, "b", "c"]);
  expect(told).toEqual(["keep 1 b anew", "keep 1 c anew", "settled", "keep 1 d", "settled"]);
});

test("an app that refuses to begin anew is not asked without pause", async () => {
  const { puller, told, answer } = rig(null);
  puller.ask();
  await answer({ kind: "trimmed" });
  expect(told).toEqual([`failed ${FIRST_PAUSE_MS}`]);
});

test("who is signed out pulls no more", async () => {
  const { puller, asked, told, answer } = rig("a");
  puller.ask();
  await answer({ kind: "signed-out" });
  puller.ask();

  expect(told).toEqual(["signed out"]);
  expect(asked).toHaveLength(1);
});

test("nothing is kept after stop", async () => {
  const { puller, told, answer } = rig("a");
  puller.ask();
  const stopped = puller.stop();
  await answer(page("b", false, [1]));
  await stopped;
  expect(told).toEqual([]);
});

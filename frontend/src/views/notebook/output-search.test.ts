// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import type { Output } from "../../core/outputs.ts";
import { type FindOptions, findExpression, type Match } from "./find.ts";
import { type OutputSearchResult, placesIn, searchOutputs } from "./output-search.ts";

const stream = (text: string): Output => ({ output_type: "stream", name: "stdout", text });
const shown = (data: Record<string, string>): Output => ({ output_type: "display_data", data, metadata: {} });
const blob = (size: number): Output => ({
  output_type: "stream",
  name: "stdout",
  text: { $blob: "a".repeat(64), size_bytes: size },
});

function expressionFor(text: string, options: Partial<FindOptions> = {}): RegExp {
  const made = findExpression({ text, matchCase: false, wholeWord: false, isRegExp: false, ...options });
  if (!(made instanceof RegExp)) throw new Error("no expression");
  return made;
}

interface Searched {
  readonly told: readonly OutputSearchResult[];
  readonly pauses: number;
}

async function search(
  outputs: readonly (readonly Output[])[],
  text: string,
  { stepMs = 0, abortAt = Number.POSITIVE_INFINITY, readBlob = async () => new Uint8Array() } = {},
): Promise<Searched> {
  const told: OutputSearchResult[] = [];
  const end = new AbortController();
  let now = 0;
  let pauses = 0;
  const world = {
    cells: outputs.map((one, index) => [`c${index}`, one] as const),
    readBlob,
    now: () => (now += stepMs),
    pause: async () => {
      pauses += 1;
      if (pauses >= abortAt) end.abort();
    },
  };
  await searchOutputs(expressionFor(text), world, (result) => told.push(result), end.signal);
  return { told, pauses };
}

const places = (matches: readonly Match[] = []): unknown[] =>
  matches.map(({ cellId, output }) => [cellId, output?.index, output?.line, output?.nth]);

describe("finding in outputs", () => {
  it("finds what is shown of a stream that wrote over its own lines", async () => {
    const outputs = [[stream("one\n\rsnow\rrain\x1b[A\rtwo\n")]];
    const { told } = await search(outputs, "rain");
    expect(told.at(-1)?.matches.map(({ output }) => output)).toEqual([{ index: 0, line: 1, nth: 0 }]);
    expect((await search(outputs, "snow")).told.at(-1)?.matches).toEqual([]);
  });

  it("looks into streams, errors, plain text, HTML and markdown, and says where in the cell a match is", async () => {
    const { told } = await search(
      [
        [stream("one\n\u001b[31mra\u001b[0min and rain\n"), shown({ "text/plain": "'rain'" })],
        [{ output_type: "error", ename: "RainError", evalue: "no rain", traceback: ["at\nrain()"] }],
        [
          shown({ "text/html": "<table><tr><td>ra</td><td>in</td></tr><tr><td>r<b>ain</b></td></tr></table>" }),
          shown({ "text/markdown": "# Rain\n\n$rain$ and **ra**in" }),
        ],
      ],
      "rain",
    );
    expect(told).toHaveLength(1);
    expect(places(told[0]?.matches)).toEqual([
      ["c0", 0, 1, 0],
      ["c0", 0, 1, 1],
      ["c0", 1, 0, 0],
      ["c1", 0, 0, 0],
      ["c1", 0, 0, 1],
      ["c1", 0, 2, 0],
      ["c2", 0, 2, 0],
      ["c2", 1, 0, 0],
      ["c2", 1, 2, 0],
    ]);
  });

  it("looks at what is shown of an output, and at nothing in pictures and frames", async () => {
    const { told } = await search(
      [
        [
          shown({ "text/plain": "rain", "image/png": "aGk=" }),
          shown({ "text/html": "<b>rain</b>", "text/plain": "no" }),
          shown({ "text/html": "<script>1</script><p>rain</p>" }),
        ],
      ],
      "rain",
    );
    expect(places(told.at(-1)?.matches)).toEqual([["c0", 1, 0, 0]]);
    expect(told.at(-1)?.missed).toBe(0);
  });

  it("finds in 100,000 lines in slices, and counts lines over all of them", async () => {
    const lines = Array.from({ length: 100_000 }, (_, n) => `line number ${n} of a long output`).join("\n");
    const { told, pauses } = await search([[stream(lines)]], "number 99999 ", { stepMs: 5 });
    expect(places(told.at(-1)?.matches)).toEqual([["c0", 0, 99_999, 0]]);
    expect(pauses).toBeGreaterThan(8);
  });

  it("says of how many outputs it did not see the end", async () => {
    const readBlob = async () => new TextEncoder().encode(JSON.stringify("far rain"));
    const refused = () => Promise.reject(new Error("gone"));
    const huge = stream(`${"x".repeat(10_000_001)} rain`);
    const found = await search([[blob(10), blob(20_000_000), huge]], "rain", { readBlob });
    expect([places(found.told.at(-1)?.matches), found.told.at(-1)?.missed]).toEqual([[["c0", 0, 0, 0]], 2]);
    expect((await search([[blob(10)]], "rain", { readBlob: refused })).told.at(-1)?.missed).toBe(1);
  });

  it("stops at the limit of matches, and when it is told to", async () => {
    const many = await search([[stream("a".repeat(30_000))], [stream("a")]], "a");
    expect([many.told.at(-1)?.matches.length, many.told.at(-1)?.isDone]).toEqual([20_000, true]);
    const ended = await search([[stream("a")], [stream("a")]], "a", { stepMs: 10, abortAt: 1 });
    expect(ended.told).toEqual([]);
  });

  it("counts matches of each line from the first line that it is given", () => {
    const found = [...placesIn("a a\nb\na\n", expressionFor("a"), 7)];
    expect(found.map(({ line, nth, from }) => [line, nth, from])).toEqual([
      [7, 0, 0],
      [7, 1, 2],
      [9, 0, 6],
    ]);
  });
});

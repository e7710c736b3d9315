import { expect, test } from "vitest";
import { NOTICE_MIME } from "../core/mime.ts";
import { foldOps, NOTHING_FOLDED, type Output, type OutputOp } from "../core/outputs.ts";
import { noticeOp } from "../core/run-notice.ts";
import type { RestOfRun } from "../kernel/recorder.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import { Drops, filledIn, type Shown, type Whole, wholesBefore } from "./dropped-output.ts";

const NOBODY = () => false;
const BEGIN: Whole = { folded: NOTHING_FOLDED, through: null };
const MARK = "[dropped]";
const CUT = "[cut]";

const idOf = (n: number): string => `kernel_7_${n}`;

function message(n: number, type: string, content: Readonly<Record<string, unknown>> = {}): KernelMessage {
  const header = { msg_id: idOf(n), msg_type: type, session: "", username: "", date: "", version: "5.4" };
  return { channel: "iopub", header, parent_header: {}, metadata: {}, content, buffers: [] };
}

const line = (n: number) => message(n, "stream", { name: "stdout", text: `${n}\n` });
const clear = (n: number) => message(n, "clear_output", { wait: false });

/** A run that said so much: message 1 is that it begins, the last one that it ends. */
function run(lines: number): KernelMessage[] {
  const states = ["busy", "idle"].map((state, at) =>
    message(1 + at * (lines + 1), "status", { execution_state: state }),
  );
  return [...states.slice(0, 1), ...Array.from({ length: lines }, (_, n) => line(n + 2)), ...states.slice(1)];
}

/** What the kernel still has, from a message on. */
function restOf(messages: readonly KernelMessage[], from: number): RestOfRun {
  return { messages: messages.slice(from - 1), isWhole: from === 1, end: null };
}

const printing = (n: number): OutputOp => ({
  op: "output",
  output: { output_type: "stream", name: "stdout", text: `${n}\n` },
});

/** Lines up to `through` were shown; then the server dropped, but for some. */
function dropping(through: number, heard: readonly number[]): Drops {
  const ops = Array.from({ length: through - 1 }, (_, n) => printing(n + 2));
  const drops = new Drops({ folded: foldOps(NOTHING_FOLDED, ops), through: idOf(through) });
  for (const n of heard) drops.heard({ id: idOf(n), event: { type: "ops", ops: [printing(n)] } });
  return drops;
}

function nameOf(output: Output): string {
  if ("text" in output) return String(output.text);
  const notice = "data" in output ? output.data[NOTICE_MIME] : null;
  return JSON.stringify(notice ?? null).includes("too_fast") ? MARK : CUT;
}

function shownBy(rest: RestOfRun, shown: Partial<Shown>): string | null {
  const told = filledIn(rest, { wholes: [], drops: null, isHeard: NOBODY, ...shown });
  if (told === null) return null;
  const ops = told.events.flatMap(({ event }) => (event.type === "ops" ? event.ops : []));
  const before = foldOps(NOTHING_FOLDED, [printing(99)]);
  return foldOps(before, ops).outputs.map(nameOf).join("").replaceAll("\n", " ");
}

test("the kernel has all of it: everything once, in order, and no mark", () => {
  const drops = dropping(3, [7]);
  expect(shownBy(restOf(run(8), 1), { wholes: [BEGIN, drops.before], drops })).toBe("2 3 4 5 6 7 8 9 ");
});

test("the kernel has all since the server began to drop: no more is needed", () => {
  const drops = dropping(3, [7]);
  for (const from of [2, 3]) {
    expect(shownBy(restOf(run(8), from), { wholes: [BEGIN, drops.before], drops })).toBe("2 3 4 5 6 7 8 9 ");
  }
});

test("the kernel has only the end: what was heard before it stays, and so does the mark", () => {
  const heard = [5, 8];
  for (const [from, shown] of [
    [4, "2 3 [dropped]4 5 6 7 8 9 "],
    [6, "2 3 [dropped]5 6 7 8 9 "],
    [9, "2 3 [dropped]5 8 9 "],
    [10, "2 3 [dropped]5 8 "],
  ] as const) {
    const drops = dropping(3, heard);
    expect(shownBy(restOf(run(8), from), { wholes: [BEGIN, drops.before], drops })).toBe(shown);
  }
});

test("another mark stands where it stood, unless what it stands for was filled in", () => {
  const cut = { id: null, event: { type: "ops", ops: [noticeOp("maybe_incomplete")] } } as const;
  const drops = dropping(3, [5]);
  drops.heard(cut);
  expect(shownBy(restOf(run(8), 8), { wholes: [drops.before], drops })).toBe(`2 3 ${MARK}5 ${CUT}8 9 `);
  expect(shownBy(restOf(run(8), 3), { wholes: [drops.before], drops })).toBe("2 3 4 5 6 7 8 9 ");
});

test("nothing is filled in where it is not known what was heard, and the kernel does not have all of it", () => {
  expect(shownBy(restOf(run(8), 1), { wholes: [BEGIN] })).toBe("2 3 4 5 6 7 8 9 ");
  expect(shownBy(restOf(run(8), 2), { wholes: [BEGIN] })).toBeNull();
  expect(shownBy(restOf(run(8), 1), {})).toBeNull();
});

test("a widget's word that nobody heard leaves the mark in its place; one that was heard does not", () => {
  const messages = run(8);
  messages[5] = message(6, "comm_msg");
  messages[7] = message(8, "comm_msg");
  const drops = dropping(3, []);
  const wholes = [drops.before];
  expect(shownBy(restOf(messages, 2), { wholes, drops })).toBe(`2 3 4 5 ${MARK}7 9 `);
  expect(shownBy(restOf(messages, 2), { wholes, drops, isHeard: () => true })).toBe("2 3 4 5 7 9 ");
  // It is marked already.
  expect(shownBy(restOf(messages, 5), { wholes, drops })).toBe(`2 3 ${MARK}5 7 9 `);
});

test("a cell that cleared what it showed meanwhile shows what came after", () => {
  const messages = run(8);
  messages[6] = clear(7);
  const drops = dropping(3, []);
  expect(shownBy(restOf(messages, 5), { wholes: [drops.before], drops })).toBe("8 9 ");
});

test("of a long flood only as much is remembered as the kernel can still have, and all of it stays shown", () => {
  const many = Array.from({ length: 45_000 }, (_, n) => n + 4);
  const drops = dropping(3, many);
  const all = ["2 3 ", MARK, ...many.map((n) => `${n} `)].join("");
  expect(shownBy(restOf(run(45_010), 45_000), { wholes: [drops.before], drops })).toBe(
    `${all}${[0, 1, 2, 3, 4, 5, 6, 7].map((n) => `${45_004 + n} `).join("")}`,
  );
});

test("all that the kernel told counts as heard", () => {
  const told = filledIn(restOf(run(8), 1), { wholes: [BEGIN], drops: null, isHeard: NOBODY });
  expect([told?.ids.size, told?.last, told?.events.at(-1)?.event.type]).toEqual([10, idOf(10), "idle"]);
});

test("what a page that is gone showed before its first mark can be gone on from, as far as the kernel alone made it", () => {
  const shown = foldOps(NOTHING_FOLDED, [printing(2), noticeOp("too_fast"), printing(5), noticeOp("too_fast")]);
  const sent = { runId: "f00d", cellId: "c", kernelId: "k", sentAt: 0, input: null };
  const drops = { after: idOf(2), isFillable: true };
  const before = { folded: foldOps(NOTHING_FOLDED, [printing(2)]), through: idOf(2) };
  expect(wholesBefore(shown, { ...sent, drops })).toEqual([BEGIN, before]);
  expect(wholesBefore(shown, { ...sent, drops, hasStrayed: true })).toEqual([before]);
  expect(wholesBefore(shown, { ...sent, drops: { ...drops, isFillable: false }, hasStrayed: true })).toEqual([]);
  expect(wholesBefore(shown, sent)).toEqual([]);
  expect(wholesBefore(before.folded, { ...sent, drops })).toEqual([]);
});

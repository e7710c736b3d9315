/** What the page says among a run's outputs: some of them may be missing, and why. Stored with them, in English for other programs. */
import { NOTICE_MIME } from "./mime.ts";
import type { Output, OutputOp } from "./outputs.ts";

/** `too_fast`: the server let go of what came faster than it hands on; `kernel_dropped`: the kernel, of what the server did not take in time. */
export type NoticeCode = "maybe_incomplete" | "too_fast" | "kernel_dropped";

const CODES: readonly NoticeCode[] = ["maybe_incomplete", "too_fast", "kernel_dropped"];

const plain: { readonly [Code in NoticeCode]: string } = {
  maybe_incomplete: "The connection was cut while this ran: some output may be missing here.",
  too_fast: "The Jupyter server dropped output here because it came too fast: some lines are missing.",
  kernel_dropped:
    "The kernel dropped output of this cell because the Jupyter server did not take it in time: some lines above are missing.",
};

export function noticeOp(code: NoticeCode): OutputOp {
  const data = { [NOTICE_MIME]: { code }, "text/plain": plain[code] };
  return { op: "output", output: { output_type: "display_data", data, metadata: {} } };
}

/** Which notice of ours an output is; null: none. */
export function noticeIn(output: Output): NoticeCode | null {
  return "data" in output ? noticeCode(output.data[NOTICE_MIME]) : null;
}

/** The code in a notice's value; null for what is none of ours. */
export function noticeCode(value: unknown): NoticeCode | null {
  const code = typeof value === "object" && value !== null && "code" in value ? value.code : null;
  return CODES.find((known) => known === code) ?? null;
}

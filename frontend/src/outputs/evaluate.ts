/**
 * `eval_js`: a script of running code, run in the frame of that cell's output, never in the page. What the output's own
 * scripts defined is there; an output without a frame gets one that stays out of sight. Loaded with the first such request.
 */
import type { Output } from "../core/outputs.ts";
import { text } from "../i18n/t.ts";
import { asFrameContent } from "./framed.ts";
import { openParked, runInFrame } from "./frames.ts";
import { htmlIsActive } from "./html.ts";
import { chooseRenderer } from "./registry.ts";
import type { FrameOwner, OutputEnvironment } from "./rendered.ts";

export interface ScriptWish {
  /** Of this person; what it has shown so far. */
  readonly runId: string;
  readonly outputs: readonly Output[];
  readonly script: string;
  readonly limitMs: number;
  readonly environment: OutputEnvironment;
}

/** An output that was just printed gets its frame with the next frames of the page; one out of sight does not. */
const FRAME_APPEARS_MS = 1_000;
const LOOK_MS = 50;

/** What the script comes to, as JSON can carry it. @throws Error with the script's own words, or why it came to nothing. */
export async function evaluateInOutput(wish: ScriptWish): Promise<unknown> {
  const seconds = String(Math.round(wish.limitMs / 1_000));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(text("frames.scriptTooLong", { seconds }))), wish.limitMs);
  });
  try {
    return await Promise.race([late, run(wish)]);
  } finally {
    clearTimeout(timer);
  }
}

async function run({ runId, outputs, script, environment }: ScriptWish): Promise<unknown> {
  const at = outputs.findLastIndex(isFramed);
  const output = outputs[at];
  const key = `${runId}:${at < 0 ? "script" : at}`;
  for (let waited = 0; ; waited += LOOK_MS) {
    const running = runInFrame(key, script);
    if (running !== null) return await running;
    if (output === undefined || waited >= FRAME_APPEARS_MS) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  const owner: FrameOwner = { environment, runId, isOwn: true, onUnshowable: () => undefined };
  openParked(key, await contentOf(output, environment), owner);
  return await runInFrame(key, script);
}

function isFramed(output: Output): boolean {
  if (!("data" in output)) return false;
  const mime = chooseRenderer(output.data)?.mime;
  if (mime === undefined) return false;
  return mime === "text/html"
    ? htmlIsActive(output.data[mime])
    : chooseRenderer(output.data)?.renderer.isFramed === true;
}

async function contentOf(output: Output | undefined, environment: OutputEnvironment) {
  if (output === undefined || !("data" in output)) return { mime: "text/html", data: "", widget: null };
  const mime = chooseRenderer(output.data)?.mime ?? "text/html";
  return await asFrameContent({ mime, value: output.data[mime], data: output.data, environment });
}

/** Scripts that running code wants run in its cell's output (`eval_js`), and functions that outputs call. A part of its own. */
import { text } from "../i18n/t.ts";
import type { Asker } from "../kernel/ask.ts";
import { invokeFunction } from "../kernel/invoke.ts";
import { evaluateInOutput } from "../outputs/evaluate.ts";
import type { OutputEnvironment } from "../outputs/rendered.ts";
import type { RunStore } from "../sync/run-store.ts";

export interface CellScript {
  readonly runId: string;
  readonly script: string;
  readonly limitMs: number;
}

/** @throws Error that says why, in words for the code that asked. */
export async function runCellScript(
  { runId, script, limitMs }: CellScript,
  { runs, environment }: { readonly runs: RunStore; readonly environment: OutputEnvironment },
): Promise<unknown> {
  runs.flush();
  const run = runs.run(runId);
  if (run === null || !runs.isOwn(run)) throw new Error(text("frames.notOwn"));
  return await evaluateInOutput({ runId, outputs: run.outputs, script, limitMs, environment });
}

/** @throws Error that says why, in words for the output that called. */
export async function invoke(asker: Asker | null, call: string): Promise<unknown> {
  const answer = asker === null ? null : await invokeFunction(asker, call);
  if (answer === null) throw new Error(text("frames.noKernel"));
  return answer;
}

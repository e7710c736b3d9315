/**
 * `Output` widgets: while one is entered, the kernel marks it with the id of the request that is being worked on, and what
 * that request prints belongs to the widget instead of the cell.
 */
import type { Json } from "../core/json.ts";
import {
  displayId,
  type Folded,
  foldOps,
  NOTHING_FOLDED,
  type Output,
  type OutputOp,
  updateDisplay,
} from "../core/outputs.ts";
import type { JsonRecord } from "../core/widget-state.ts";

export class OutputModels {
  /** Model ids per request, the one that was entered last at the end. */
  readonly #entered = new Map<string, string[]>();
  readonly #folded = new Map<string, Folded>();

  /** The kernel told these keys of an `Output` model. */
  told(modelId: string, keys: JsonRecord): void {
    if (Object.hasOwn(keys, "msg_id")) this.#enter(modelId, keys["msg_id"]);
    if (Object.hasOwn(keys, "outputs"))
      this.#folded.set(modelId, { ...NOTHING_FOLDED, outputs: outputsIn(keys["outputs"]) });
  }

  forget(modelId: string): void {
    this.#enter(modelId, null);
    this.#folded.delete(modelId);
  }

  /** The model that gets what the request prints now; null: the cell does. */
  modelFor(requestId: string): string | null {
    return this.#entered.get(requestId)?.at(-1) ?? null;
  }

  /** What the model shows after these operations. */
  fold(modelId: string, ops: readonly OutputOp[]): readonly Output[] {
    const folded = foldOps(this.#folded.get(modelId) ?? NOTHING_FOLDED, ops);
    this.#folded.set(modelId, folded);
    return folded.outputs;
  }

  /** Models that show a display which changed. */
  updated(op: Extract<OutputOp, { op: "update_display" }>): readonly string[] {
    const changed: string[] = [];
    for (const [modelId, folded] of this.#folded) {
      if (!folded.outputs.some((output) => displayId(output) === op.display_id)) continue;
      this.#folded.set(modelId, { ...folded, outputs: updateDisplay(folded.outputs, op) });
      changed.push(modelId);
    }
    return changed;
  }

  outputsOf(modelId: string): readonly Output[] {
    return this.#folded.get(modelId)?.outputs ?? [];
  }

  #enter(modelId: string, requestId: Json | undefined): void {
    for (const [known, models] of this.#entered) {
      const left = models.filter((id) => id !== modelId);
      if (left.length === 0) this.#entered.delete(known);
      else this.#entered.set(known, left);
    }
    if (typeof requestId !== "string" || requestId === "") return;
    this.#entered.set(requestId, [...(this.#entered.get(requestId) ?? []), modelId]);
  }
}

/** Outputs as the kernel keeps them; what is none is left out. */
function outputsIn(value: Json | undefined): readonly Output[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    // nbformat's shape, as our own code or the kernel's made it.
    (one): one is Output & Json => typeof one === "object" && one !== null && "output_type" in one,
  );
}

/**
 * What was said to the kernel's models and that the kernel has not said to be done with. After a cut nobody knows how far it
 * came: the kernel is asked what its models are, and what it never got is said once more, unless somebody changed that meanwhile. Binary pieces are not: they are as the kernel has them.
 */
import type { JsonRecord } from "../core/widget-state.ts";

interface Said {
  readonly modelId: string;
  /** What the kernel has under its keys until it hears this; null for a custom message, which is not said again. */
  readonly before: JsonRecord | null;
}

export class Unanswered {
  /** By message, the first one first. */
  readonly #said = new Map<string, Said>();

  said(msgId: string, modelId: string, before: JsonRecord | null): void {
    this.#said.set(msgId, { modelId, before });
  }

  /** @returns what it was; null when it had its answer before. */
  answered(msgId: string): Said | null {
    const said = this.#said.get(msgId) ?? null;
    this.#said.delete(msgId);
    return said;
  }

  /** Whether the model was told something about the key after this message. */
  isSaidAfter(msgId: string, modelId: string, key: string): boolean {
    const later = [...this.#said].slice([...this.#said.keys()].indexOf(msgId) + 1);
    return later.some(
      ([, said]) => said.modelId === modelId && said.before !== null && Object.hasOwn(said.before, key),
    );
  }

  forget(): void {
    this.#said.clear();
  }

  messages(): string[] {
    return [...this.#said.keys()];
  }

  /**
   * The keys of `shown` that the kernel never got: it still has what was there before. A key that it has another value for was
   * changed there, and its value counts.
   */
  missing(modelId: string, shown: JsonRecord, kernels: JsonRecord): JsonRecord {
    const before: Record<string, unknown> = {};
    for (const said of [...this.#said.values()].reverse()) {
      if (said.modelId === modelId) Object.assign(before, said.before);
    }
    return Object.fromEntries(
      Object.entries(shown).filter(
        ([key, value]) =>
          Object.hasOwn(before, key) && isSame(kernels[key], before[key]) && !isSame(value, before[key]),
      ),
    );
  }
}

/** `from` under the keys of `keys`. */
export function pick(from: JsonRecord, keys: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(from).filter(([key]) => Object.hasOwn(keys, key)));
}

export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

import type { runtime as english } from "../en/runtime.ts";
import type { Translated } from "../messages.ts";

export const runtime = {} as const satisfies Translated<typeof english>;

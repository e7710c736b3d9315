import type { runtime as english } from "../en/runtime";
import type { Translated } from "../messages";

export const runtime = {} as const satisfies Translated<typeof english>;

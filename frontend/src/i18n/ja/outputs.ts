import type { outputs as english } from "../en/outputs.ts";
import type { Translated } from "../messages.ts";

export const outputs = {} as const satisfies Translated<typeof english>;

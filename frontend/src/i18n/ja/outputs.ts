import type { outputs as english } from "../en/outputs";
import type { Translated } from "../messages";

export const outputs = {} as const satisfies Translated<typeof english>;

import type { home as english } from "../en/home.ts";
import type { Translated } from "../messages.ts";

export const home = {} as const satisfies Translated<typeof english>;

import type { notebook as english } from "../en/notebook.ts";
import type { Translated } from "../messages.ts";

export const notebook = {} as const satisfies Translated<typeof english>;

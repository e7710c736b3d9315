import type { notebook as english } from "../en/notebook";
import type { Translated } from "../messages";

export const notebook = {} as const satisfies Translated<typeof english>;

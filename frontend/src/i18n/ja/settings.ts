import type { settings as english } from "../en/settings";
import type { Translated } from "../messages";

export const settings = {} as const satisfies Translated<typeof english>;

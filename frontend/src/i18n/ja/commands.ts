import type { commands as english } from "../en/commands";
import type { Translated } from "../messages";

export const commands = {} as const satisfies Translated<typeof english>;

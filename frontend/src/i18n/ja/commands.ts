import type { commands as english } from "../en/commands.ts";
import type { Translated } from "../messages.ts";

export const commands = {} as const satisfies Translated<typeof english>;

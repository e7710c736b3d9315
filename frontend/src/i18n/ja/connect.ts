import type { connect as english } from "../en/connect.ts";
import type { Translated } from "../messages.ts";

export const connect = {} as const satisfies Translated<typeof english>;

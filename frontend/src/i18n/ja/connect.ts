import type { connect as english } from "../en/connect";
import type { Translated } from "../messages";

export const connect = {} as const satisfies Translated<typeof english>;

import type { errors as english } from "../en/errors";
import type { Translated } from "../messages";

export const errors = {} as const satisfies Translated<typeof english>;

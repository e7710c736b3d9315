import type { errors as english } from "../en/errors.ts";
import type { Translated } from "../messages.ts";

export const errors = {} as const satisfies Translated<typeof english>;

import { commands } from "./en/commands.ts";
import { errors } from "./en/errors.ts";
import { notebook } from "./en/notebook.ts";
import { outputs } from "./en/outputs.ts";
import { runtime } from "./en/runtime.ts";
import { shell } from "./en/shell.ts";

/** English words of the first load, by topic: what a notebook shows before anything is opened. All others: `late.ts`. */
export const en = { commands, errors, notebook, outputs, runtime, shell } as const;

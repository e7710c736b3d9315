import { commands } from "./ja/commands.ts";
import { errors } from "./ja/errors.ts";
import { notebook } from "./ja/notebook.ts";
import { outputs } from "./ja/outputs.ts";
import { runtime } from "./ja/runtime.ts";
import { shell } from "./ja/shell.ts";

export const ja = { commands, errors, notebook, outputs, runtime, shell } as const;

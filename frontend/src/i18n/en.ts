import { commands } from "./en/commands.ts";
import { connect } from "./en/connect.ts";
import { errors } from "./en/errors.ts";
import { home } from "./en/home.ts";
import { notebook } from "./en/notebook.ts";
import { outputs } from "./en/outputs.ts";
import { runtime } from "./en/runtime.ts";
import { settings } from "./en/settings.ts";
import { shell } from "./en/shell.ts";

/** English words by topic. This is the type that every other language must satisfy. */
export const en = { commands, connect, errors, home, notebook, outputs, runtime, settings, shell } as const;

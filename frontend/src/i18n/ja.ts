import { commands } from "./ja/commands.ts";
import { connect } from "./ja/connect.ts";
import { errors } from "./ja/errors.ts";
import { home } from "./ja/home.ts";
import { notebook } from "./ja/notebook.ts";
import { outputs } from "./ja/outputs.ts";
import { runtime } from "./ja/runtime.ts";
import { settings } from "./ja/settings.ts";
import { shell } from "./ja/shell.ts";

export const ja = { commands, connect, errors, home, notebook, outputs, runtime, settings, shell } as const;

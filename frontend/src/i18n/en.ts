import { commands } from "./en/commands";
import { connect } from "./en/connect";
import { errors } from "./en/errors";
import { home } from "./en/home";
import { notebook } from "./en/notebook";
import { outputs } from "./en/outputs";
import { runtime } from "./en/runtime";
import { settings } from "./en/settings";
import { shell } from "./en/shell";

/** English words by topic. This is the type that every other language must satisfy. */
export const en = { commands, connect, errors, home, notebook, outputs, runtime, settings, shell } as const;

import { commands } from "./ja/commands";
import { connect } from "./ja/connect";
import { errors } from "./ja/errors";
import { home } from "./ja/home";
import { notebook } from "./ja/notebook";
import { outputs } from "./ja/outputs";
import { runtime } from "./ja/runtime";
import { settings } from "./ja/settings";
import { shell } from "./ja/shell";

export const ja = { commands, connect, errors, home, notebook, outputs, runtime, settings, shell } as const;

/**
 * The terminals of one server as the panel shows them: which run, which is in front, what they are called, each with its link and screen.
 * Names given by a person and the choice of screen-reader mode are kept by this browser. One per panel; `close` ends links and screens, the
 * shells go on.
 */
import { type Observable, Value } from "../../core/observable.ts";
import type { Clock } from "../../kernel/messages.ts";
import type { JupyterServer } from "../../kernel/server.ts";
import { TerminalLink } from "../../kernel/terminal-link.ts";
import { endTerminal, listTerminals, startTerminal } from "../../kernel/terminals.ts";
import { openScreen, type Screen } from "./xterm.ts";

export interface TerminalDeskOptions {
  readonly server: JupyterServer;
  /** Address of the server for people: what is kept by the browser is kept by it. */
  readonly label: string;
  /** Relative to the server's root: where new shells start. */
  readonly folder: () => string;
  readonly clock: Clock;
  readonly onWake: (fn: () => void) => () => void;
  /** Somebody leaves the terminal by the keyboard. */
  readonly onLeave: () => void;
}

export interface OpenTerminal {
  readonly name: string;
  readonly link: TerminalLink;
  /** Made when it is first in front. */
  screen: Screen | null;
  /** What the program in it calls itself; "" when it does not. */
  readonly title: Value<string>;
  readonly isFresh: boolean;
  /** Output that came before there was a screen. */
  early: string;
  /** While what the server kept is written: the terminal's own answers to it are not sent. */
  isReplaying: boolean;
}

export interface DeskState {
  /** `none`: the server has no terminals to offer. */
  readonly phase: "loading" | "failed" | "none" | "listed";
  readonly error: unknown;
  readonly names: readonly string[];
  readonly front: string | null;
  readonly isStarting: boolean;
}

interface Kept {
  readonly front: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

const storageKey = "runhere.terminals";

export class TerminalDesk {
  readonly #options: TerminalDeskOptions;
  readonly #state = new Value<DeskState>({ phase: "loading", error: null, names: [], front: null, isStarting: false });
  readonly #open = new Map<string, OpenTerminal>();
  readonly #labels: Value<Readonly<Record<string, string>>>;
  #host: HTMLElement | null = null;
  #isForScreenReaders: boolean;
  #isClosed = false;
  /** The terminal that is to have the focus once it is drawn: one that was just started. */
  #wanted: string | null = null;

  constructor(options: TerminalDeskOptions) {
    this.#options = options;
    const all = readKept();
    this.#labels = new Value(all.servers[options.label]?.labels ?? {});
    this.#isForScreenReaders = all.isForScreenReaders;
    void this.look();
  }

  get state(): Observable<DeskState> {
    return this.#state;
  }
  /** Names that a person gave, by the server's name. */
  get labels(): Observable<Readonly<Record<string, string>>> {
    return this.#labels;
  }
  get isForScreenReaders(): boolean {
    return this.#isForScreenReaders;
  }
  terminal(name: string): OpenTerminal | undefined {
    return this.#open.get(name);
  }

  /** Asks the server again which terminals run. */
  async look(): Promise<void> {
    try {
      const found = await listTerminals(this.#options.server.transport);
      if (this.#isClosed) return;
      if (found === null) {
        this.#change({ phase: "none", names: [], front: null });
        return;
      }
      const names = found.map(({ name }) => name).sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
      for (const name of names) this.#link(name, false);
      const kept = readKept().servers[this.#options.label]?.front;
      const front = names.find((name) => name === kept) ?? names[0] ?? null;
      this.#change({ phase: "listed", names, front });
    } catch (error) {
      if (!this.#isClosed) this.#change({ phase: "failed", error });
    }
  }

  /** A new shell, in front. Rejects with the server's refusal; nothing has changed then. */
  async start(): Promise<void> {
    this.#change({ isStarting: true });
    try {
      const { name } = await startTerminal(this.#options.server.transport, this.#options.folder());
      if (this.#isClosed) return;
      this.#drop(name);
      this.#link(name, true);
      this.rename(name, "");
      const names = [...this.#state.get().names.filter((other) => other !== name), name];
      this.#wanted = name;
      this.#change({ phase: "listed", names, front: name });
      this.#keep();
    } finally {
      this.#change({ isStarting: false });
    }
  }

  show(name: string): void {
    this.#change({ front: name });
    this.#keep();
  }

  /** "" gives it back the name it has by itself. */
  rename(name: string, label: string): void {
    const { [name]: _, ...others } = this.#labels.get();
    this.#labels.set(label === "" ? others : { ...others, [name]: label });
    this.#keep();
  }

  /** Ends the shell and what runs in it; the tab goes. Rejects when the server does not answer. */
  async end(name: string): Promise<void> {
    const { phase } = this.#open.get(name)?.link.state.get() ?? { phase: "ended" };
    if (phase !== "ended") await endTerminal(this.#options.server.transport, name);
    this.#drop(name);
    const { names, front } = this.#state.get();
    const at = names.indexOf(name);
    const rest = names.filter((other) => other !== name);
    this.#change({ names: rest, front: front === name ? (rest[Math.min(at, rest.length - 1)] ?? null) : front });
    this.rename(name, "");
  }

  setForScreenReaders(isOn: boolean): void {
    this.#isForScreenReaders = isOn;
    for (const { screen } of this.#open.values()) if (screen) screen.terminal.options.screenReaderMode = isOn;
    this.#keep();
  }

  /** Whether the focus belongs into this terminal, whatever has it now. True once. */
  takesFocus(name: string): boolean {
    const takes = this.#wanted === name;
    if (takes) this.#wanted = null;
    return takes;
  }

  /** Where screens are drawn; null when the panel goes. */
  placeIn(host: HTMLElement | null): void {
    this.#host = host;
  }

  /** The screen of a terminal, made at the first call. Null while there is no place for it. */
  screenOf(name: string): Screen | null {
    const one = this.#open.get(name);
    if (one === undefined || this.#host === null) return null;
    one.screen ??= this.#makeScreen(one, this.#host);
    return one.screen;
  }

  close(): void {
    this.#isClosed = true;
    for (const name of [...this.#open.keys()]) this.#drop(name);
  }

  #link(name: string, isFresh: boolean): void {
    if (this.#open.has(name)) return;
    const { server, clock, onWake } = this.#options;
    const link = new TerminalLink({
      server,
      name,
      isFresh,
      clock,
      onWake,
      listener: { replay: (text) => replay(one, text), output: (text) => put(one, text) },
    });
    const one: OpenTerminal = {
      name,
      link,
      screen: null,
      title: new Value(""),
      isFresh,
      early: "",
      isReplaying: false,
    };
    this.#open.set(name, one);
  }

  #makeScreen(one: OpenTerminal, host: HTMLElement): Screen {
    const { link } = one;
    const screen = openScreen(host, {
      isForScreenReaders: this.#isForScreenReaders,
      onData: (text) => {
        if (!one.isReplaying) link.write(text);
      },
      onResize: (cols, rows) => link.resize(cols, rows),
      onLeave: this.#options.onLeave,
    });
    screen.terminal.onTitleChange((title) => one.title.set(title));
    screen.fit();
    link.resize(screen.terminal.cols, screen.terminal.rows);
    const { early } = one;
    one.early = "";
    one.screen = screen;
    if (one.isFresh) put(one, early);
    else replay(one, early);
    return screen;
  }

  #drop(name: string): void {
    const one = this.#open.get(name);
    one?.link.close();
    one?.screen?.dispose();
    this.#open.delete(name);
  }

  #change(changes: Partial<DeskState>): void {
    if (!this.#isClosed) this.#state.set({ ...this.#state.get(), ...changes });
  }

  #keep(): void {
    const all = readKept();
    const mine: Kept = { front: this.#state.get().front, labels: this.#labels.get() };
    const servers = { ...all.servers, [this.#options.label]: mine };
    try {
      localStorage.setItem(storageKey, JSON.stringify({ isForScreenReaders: this.#isForScreenReaders, servers }));
    } catch {
      // A private window may refuse storage; names then hold until the page is closed.
    }
  }
}

function put(one: OpenTerminal, text: string): void {
  if (one.screen === null) one.early += text;
  else one.screen.terminal.write(text);
}

function replay(one: OpenTerminal, text: string): void {
  if (one.screen === null) {
    one.early = text;
    return;
  }
  const { terminal } = one.screen;
  terminal.reset();
  one.isReplaying = true;
  terminal.write(text, () => {
    one.isReplaying = false;
  });
}

function readKept(): { isForScreenReaders: boolean; servers: Readonly<Record<string, Kept>> } {
  const nothing = { isForScreenReaders: false, servers: {} };
  try {
    const raw: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "null");
    // Written by `#keep` only; what is not an object is nothing.
    return typeof raw === "object" && raw !== null ? { ...nothing, ...(raw as typeof nothing) } : nothing;
  } catch {
    return nothing;
  }
}

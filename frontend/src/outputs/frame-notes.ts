/** What the page says below an output frame: in the page's own words, outside of the frame's reach. */
import { text } from "../i18n/t.ts";
import { element } from "./rendered.ts";
import { worded } from "./words.ts";

const MAX_HOSTS = 3;

export class FrameNotes {
  readonly #host: HTMLElement;
  readonly #lines = new Map<string, HTMLElement>();
  readonly #blocked = new Set<string>();

  constructor(host: HTMLElement) {
    this.#host = host;
    host.setAttribute("role", "status");
  }

  /** The frame's own words about what went wrong. */
  problem(message: string | (() => string)): void {
    this.#say("problem", typeof message === "string" ? () => message : message);
  }

  /** No kernel listens to this widget. */
  deaf(): void {
    this.#say("deaf", () => text("frames.deaf"));
  }

  /** The line was cut while the kernel had something to do for this widget. */
  unsure(): void {
    this.#say("unsure", () => text("frames.unsure"));
  }

  /** The person went on. */
  sure(): void {
    this.#lines.get("unsure")?.remove();
    this.#lines.delete("unsure");
  }

  /** Something was to be loaded from there. */
  blocked(host: string): void {
    if (this.#blocked.size >= MAX_HOSTS) return;
    this.#blocked.add(host);
    this.#say("blocked", () => text("frames.blocked", { hosts: [...this.#blocked].join(", ") }));
  }

  clear(): void {
    for (const line of this.#lines.values()) line.remove();
    this.#lines.clear();
  }

  #say(kind: string, words: () => string): void {
    const line = this.#lines.get(kind) ?? element("div", "output-frame-problem");
    worded(line, words);
    this.#lines.set(kind, line);
    this.#host.append(line);
  }
}

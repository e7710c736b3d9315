/** Where requests of running code arrive (SPEC 11); what answers them is loaded with the first one. */
import { Value } from "../core/observable.ts";
import type { Owner } from "../core/owner.ts";
import { withWords } from "../i18n/t.ts";
import { type PageAnswer, type PageRequest, pageReply, SCRIPT_REQUEST } from "../kernel/page-requests.ts";
import type { OutgoingMessage } from "../kernel/wire.ts";
import { randomId } from "./browser-ids.ts";
import type { CellScript } from "./cell-scripts.ts";
import type { PageRequests } from "./page-requests.ts";

export interface RequestDeskOptions {
  readonly owner: Owner;
  readonly notebookId: string;
  /** The notebook as it is, as nbformat. */
  readonly notebook: () => Promise<unknown>;
  /** Runs a script in the output of a cell that this person runs. Rejects with words for the code that asked. */
  readonly evaluate: (wish: CellScript) => Promise<unknown>;
  /** To the kernel that asked. */
  readonly send: (message: OutgoingMessage) => void;
  readonly now: () => number;
}

export class RequestDesk {
  /** Who answers, and asks the person; null until the first request. */
  readonly clerk = new Value<PageRequests | null>(null);
  readonly #options: RequestDeskOptions;
  #loading: Promise<PageRequests> | null = null;

  constructor(options: RequestDeskOptions) {
    this.#options = options;
  }

  /** Answer a request, whenever that is. One that waits for nothing gets nothing. */
  take(request: PageRequest): void {
    const { number } = request;
    if (number !== null) void this.#answer(request).then((answer) => this.#send(number, answer));
    else if (request.kind === SCRIPT_REQUEST) void this.#answer(request);
  }

  async #answer(request: PageRequest): Promise<PageAnswer> {
    try {
      this.#loading ??= this.#load();
      return await (await this.#loading).answer(request);
    } catch (error) {
      this.#loading = null;
      return { error: String(error) };
    }
  }

  #send(number: number, answer: PageAnswer): void {
    const { send, now } = this.#options;
    send(pageReply(number, answer, { msgId: randomId(), session: randomId(), now: now() }));
  }

  async #load(): Promise<PageRequests> {
    const [{ PageRequests }, { ownSecrets }] = await Promise.all([
      withWords(import("./page-requests.ts"), "requests"),
      import("./secrets.ts"),
    ]);
    const clerk = new PageRequests({
      notebookId: this.#options.notebookId,
      secrets: ownSecrets(this.#options.owner),
      notebook: this.#options.notebook,
      evaluate: this.#options.evaluate,
      newId: randomId,
      save,
    });
    this.clerk.set(clerk);
    return clerk;
  }
}

function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

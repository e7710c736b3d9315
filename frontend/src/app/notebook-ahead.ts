/** A notebook's record, asked of the hub while the page still learns who is signed in and fetches the editor. */
import type { HubClient, Notebook } from "../api/client.ts";

export class NotebookAhead {
  readonly #asked = new Map<string, Promise<Notebook>>();

  constructor(private readonly hub: Pick<HubClient, "notebook">) {}

  ask(id: string): void {
    const answer = this.hub.notebook(id);
    // Whoever takes it hears of a failure; until then nobody must.
    answer.catch(() => {});
    this.#asked.set(id, answer);
  }

  /** The answer asked for beforehand, once; else a new one. */
  take(id: string): Promise<Notebook> {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked ?? this.hub.notebook(id);
  }
}

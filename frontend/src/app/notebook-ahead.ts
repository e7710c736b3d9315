/** A notebook's record and the line to its room, begun while the page still learns who is signed in and fetches the editor. */
import type { HubClient, Notebook } from "../api/client.ts";
import { type Connect, connectAhead, connectWebSocket, ROOM_SUBPROTOCOL } from "../sync/socket.ts";

export class NotebookAhead {
  readonly #asked = new Map<string, Promise<Notebook>>();
  readonly #lines = new Map<string, Connect>();

  constructor(private readonly hub: Pick<HubClient, "notebook">) {}

  ask(id: string): void {
    const answer = this.hub.notebook(id);
    // Whoever takes it hears of a failure; until then nobody must.
    answer.catch(() => {});
    this.#asked.set(id, answer);
    this.#lines.set(id, connectAhead(roomUrl(id), ROOM_SUBPROTOCOL));
  }

  /** The answer asked for beforehand, once; else a new one. */
  take(id: string): Promise<Notebook> {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked ?? this.hub.notebook(id);
  }

  /** How to connect to the notebook's room: the line made beforehand, once. */
  takeLine(id: string): Connect {
    const line = this.#lines.get(id);
    this.#lines.delete(id);
    return line ?? connectWebSocket;
  }
}

export function roomUrl(id: string): string {
  return `${location.origin.replace(/^http/, "ws")}/api/v1/notebooks/${id}/room`;
}

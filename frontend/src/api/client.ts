/** The hub's HTTP API, one method per request. Types come from the hub's own description (`npm run api`). */
import type { HostedStatus } from "../core/hosted.ts";
import type { Output } from "../core/outputs.ts";
import { errorOf, HubUnreachable } from "./errors.ts";
import type { components } from "./generated/schema.ts";

type Schemas = components["schemas"];
export type Session = Schemas["Session"];
export type Folder = Schemas["Folder"];
export type Notebook = Schemas["Notebook"];
export type StoredOutputs = Schemas["StoredOutputs"];
export type NewNotebooks = Schemas["NewNotebooks"];
export type Judgement = Schemas["Judgement"];
export type Trusted = Schemas["Trusted"];
export type Home = Schemas["Home"];
export type Entry = Schemas["Entry"];
export type TrashEntry = Schemas["TrashEntry"];
export type SearchResult = Schemas["SearchResult"];
export type SearchResults = Schemas["SearchResults"];
export type Revision = Schemas["Revision"];
export type Restored = Schemas["Restored"];
export type RevisionCell = Schemas["RevisionCell"];
/** What a cell of a version showed. */
export type ShownOutputs = Omit<Schemas["ShownOutputs"], "outputs"> & { readonly outputs: readonly Output[] };
export type Comment = Schemas["Comment"];
export type SignInWays = Schemas["SignInWays"];
export type Role = Notebook["role"];
export type Accept = NonNullable<Schemas["OpenNotebook"]["accept"]>;

/** A file in a bound folder. `path` is relative to the folder, with `/`. */
export interface FilePlace {
  readonly folderId: string;
  readonly path: string;
}

export interface Ask {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly json?: unknown;
  readonly bytes?: Blob | Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal | undefined;
}

function hostedStatus(found: Schemas["HostedRuntime"]): HostedStatus {
  const { id, provider, state, percent, message } = found;
  return { id, provider, state, percent, message, stopsAt: found.stops_at };
}

/** Every method rejects with `ApiError` (code and message of the hub) or `HubUnreachable`. */
export class HubClient {
  readonly #fetch: typeof fetch;
  readonly #base: string;
  /** The last choice for new notebooks, on its way. */
  #choice: Promise<unknown> = Promise.resolve();

  /** `base` is "" for the hub that served the page. */
  constructor(options: { readonly fetch?: typeof fetch; readonly base?: string } = {}) {
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#base = options.base ?? "";
  }

  session(): Promise<Session> {
    return this.#json("/session");
  }
  signIn(code: string): Promise<Session> {
    return this.#json("/session", { method: "POST", json: { code } });
  }
  signOut(): Promise<void> {
    return this.#nothing("/session", { method: "DELETE" });
  }

  signInWays(): Promise<SignInWays> {
    return this.#json("/session/ways");
  }
  /** Any other question; parts that are loaded later have their own names for them (`team-client.ts`). */
  ask<T>(path: string, ask: Ask = {}): Promise<T> {
    return this.#json(path, ask);
  }
  askNothing(path: string, ask: Ask): Promise<void> {
    return this.#nothing(path, ask);
  }

  home(): Promise<Home> {
    return this.#json("/home");
  }
  async entries(folderId: string, path: string): Promise<readonly Entry[]> {
    const answer = await this.#json<Schemas["Entries"]>(`/folders/${folderId}/entries`, { query: { path } });
    return answer.entries;
  }
  createFolder(place: FilePlace): Promise<Entry> {
    return this.#json(`/folders/${place.folderId}/folders`, { method: "POST", json: { path: place.path } });
  }
  /** Another name or place of a directory that the hub keeps; `to` is its path from then on. */
  moveFolder(place: FilePlace, to: string): Promise<Entry> {
    return this.#json(`/folders/${place.folderId}/folders`, { method: "PATCH", json: { path: place.path, to } });
  }
  /** How many notebooks went to the trash. */
  async trashFolder(place: FilePlace): Promise<number> {
    const query = { path: place.path };
    const path = `/folders/${place.folderId}/folders`;
    return (await this.#json<Schemas["TrashedFolder"]>(path, { method: "DELETE", query })).notebooks;
  }
  upload(directory: FilePlace, name: string, content: Blob): Promise<Entry> {
    const query = { path: directory.path, name };
    return this.#json(`/folders/${directory.folderId}/upload`, { method: "POST", query, bytes: content });
  }

  async createNotebook(directory: FilePlace, name?: string): Promise<Notebook> {
    await this.#chosen();
    const json = { folder_id: directory.folderId, path: directory.path, ...(name === undefined ? {} : { name }) };
    return await this.#json("/notebooks", { method: "POST", json });
  }
  /** Fails with `notebook_needs_upgrade` or `notebook_invalid` unless `accept` allows what is needed. */
  openNotebook(place: FilePlace, accept: Accept = "as_is"): Promise<Notebook> {
    const json = { folder_id: place.folderId, path: place.path, accept };
    return this.#json("/notebooks/open", { method: "POST", json });
  }
  /** The id of a notebook file without reading it. */
  identifyNotebook(place: FilePlace): Promise<Notebook> {
    const json = { folder_id: place.folderId, path: place.path };
    return this.#json("/notebooks/identify", { method: "POST", json });
  }
  notebook(id: string): Promise<Notebook> {
    return this.#json(`/notebooks/${id}`);
  }
  renameNotebook(id: string, name: string): Promise<Notebook> {
    return this.#json(`/notebooks/${id}`, { method: "PATCH", json: { name } });
  }
  moveNotebook(id: string, directory: FilePlace): Promise<Notebook> {
    const json = { folder_id: directory.folderId, path: directory.path };
    return this.#json(`/notebooks/${id}`, { method: "PATCH", json });
  }
  duplicateNotebook(id: string): Promise<Notebook> {
    return this.#json(`/notebooks/${id}/duplicate`, { method: "POST", json: {} });
  }
  trashNotebook(id: string): Promise<void> {
    return this.#nothing(`/notebooks/${id}`, { method: "DELETE" });
  }
  /** Where the browser downloads the file from; an address of our own origin that needs the session. */
  downloadUrl(id: string, options: { readonly outputs: boolean }): string {
    return `${this.#base}/api/v1/notebooks/${id}/download?outputs=${options.outputs}`;
  }
  /** The notebook as an `.ipynb` file, with its outputs as far as the hub has them. */
  async notebookFile(id: string): Promise<Blob> {
    return await (await this.#ask(`/notebooks/${id}/download`, { query: { outputs: true } })).blob();
  }

  async trash(): Promise<readonly TrashEntry[]> {
    return (await this.#json<Schemas["Trash"]>("/trash")).entries;
  }
  restoreNotebook(id: string): Promise<Notebook> {
    return this.#json(`/trash/${id}/restore`, { method: "POST", json: {} });
  }
  deleteForever(id: string): Promise<void> {
    return this.#nothing(`/trash/${id}`, { method: "DELETE" });
  }

  search(
    query: string,
    options: { readonly limit?: number; readonly signal?: AbortSignal } = {},
  ): Promise<SearchResults> {
    return this.#json("/search", { query: { q: query, limit: options.limit }, signal: options.signal });
  }

  /** Whether cells, by the digests of what would run, may run on this person's machine unasked. */
  judgeCells(id: string, cells: Schemas["AskTrust"]["cells"]): Promise<Judgement> {
    return this.#json(`/notebooks/${id}/trust/look`, { method: "POST", json: { cells } });
  }
  trustCells(id: string, accepted: Schemas["TrustCells"]): Promise<void> {
    return this.#nothing(`/notebooks/${id}/trust`, { method: "POST", json: accepted });
  }
  trustAuthor(personId: string): Promise<void> {
    return this.#nothing("/trust/authors", { method: "POST", json: { person_id: personId } });
  }
  trusted(): Promise<Trusted> {
    return this.#json("/trust");
  }
  revokeAuthorTrust(personId: string): Promise<void> {
    return this.#nothing(`/trust/authors/${personId}`, { method: "DELETE" });
  }
  revokeNotebookTrust(id: string): Promise<void> {
    return this.#nothing(`/notebooks/${id}/trust`, { method: "DELETE" });
  }

  /** Whether outputs of the notebook, or of one cell, stay at home, and what the hub has of them. */
  storedOutputs(id: string, cellId: string | null = null): Promise<StoredOutputs> {
    return this.#json(`/notebooks/${id}/outputs${ofCell(cellId)}`);
  }
  /** Lets outputs stay at home, which purges what is stored; or lets them be stored again. */
  omitOutputs(id: string, omit: boolean, cellId: string | null = null): Promise<StoredOutputs> {
    return this.#json(`/notebooks/${id}/outputs`, { method: "PUT", json: { omit, cell_id: cellId } });
  }
  /** Whether outputs of my new notebooks stay at home. */
  newNotebooks(): Promise<NewNotebooks> {
    return this.#json("/new-notebooks");
  }
  chooseForNewNotebooks(omit: boolean | null): Promise<NewNotebooks> {
    const choice = this.#json<NewNotebooks>("/new-notebooks", { method: "PUT", json: { omit } });
    this.#choice = choice;
    return choice;
  }

  /** A notebook that is made behind a choice is made by it, or not: then the person is told why, once. */
  async #chosen(): Promise<void> {
    const choice = this.#choice;
    try {
      await choice;
    } finally {
      if (this.#choice === choice) this.#choice = Promise.resolve();
    }
  }

  /** Stores one large value of an output; `sha256` is the hex digest of `bytes`, which the hub checks. */
  putBlob(
    notebookId: string,
    sha256: string,
    bytes: Uint8Array<ArrayBuffer>,
    cellId: string | null = null,
  ): Promise<void> {
    return this.#nothing(`/notebooks/${notebookId}/blobs/${sha256}${ofCell(cellId)}`, { method: "PUT", bytes });
  }
  async blob(notebookId: string, sha256: string): Promise<Uint8Array<ArrayBuffer>> {
    const answer = await this.#ask(`/notebooks/${notebookId}/blobs/${sha256}`, {});
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** One's own hosted runtime. */
  async hosted(): Promise<HostedStatus> {
    return hostedStatus(await this.#json("/runtimes/hosted"));
  }
  async hostedDo(verb: "start" | "stop" | "keep"): Promise<HostedStatus> {
    return hostedStatus(await this.#json(`/runtimes/hosted/${verb}`, { method: "POST", json: {} }));
  }
  async hostedTicket(runtimeId: string): Promise<string> {
    const path = `/runtimes/${runtimeId}/tickets`;
    return (await this.#json<Schemas["RuntimeTicket"]>(path, { method: "POST", json: {} })).ticket;
  }

  async revisions(notebookId: string): Promise<readonly Revision[]> {
    return (await this.#json<Schemas["Revisions"]>(`/notebooks/${notebookId}/revisions`)).revisions;
  }
  /** Keeps the notebook as it is now. */
  nameRevision(notebookId: string, name: string): Promise<Revision> {
    return this.#json(`/notebooks/${notebookId}/revisions`, { method: "POST", json: { name } });
  }
  nameEarlierRevision(notebookId: string, revisionId: string, name: string): Promise<Revision> {
    return this.#json(`/notebooks/${notebookId}/revisions/${revisionId}`, { method: "PATCH", json: { name } });
  }
  async revision(notebookId: string, revisionId: string): Promise<readonly RevisionCell[]> {
    const path = `/notebooks/${notebookId}/revisions/${revisionId}`;
    return (await this.#json<Schemas["RevisionContent"]>(path)).cells;
  }
  /** What its cells showed, as far as the hub has it. */
  async revisionOutputs(notebookId: string, revisionId: string): Promise<readonly ShownOutputs[]> {
    const path = `/notebooks/${notebookId}/revisions/${revisionId}/outputs`;
    return (await this.#json<{ readonly cells: readonly ShownOutputs[] }>(path)).cells;
  }
  restoreRevision(notebookId: string, revisionId: string): Promise<Restored> {
    return this.#json(`/notebooks/${notebookId}/revisions/${revisionId}/restore`, { method: "POST", json: {} });
  }

  async #json<T>(path: string, ask: Ask = {}): Promise<T> {
    const answer = await this.#ask(path, ask);
    // The shape is the hub's promise (its OpenAPI), not checked again here.
    return (await answer.json()) as T;
  }

  async #nothing(path: string, ask: Ask): Promise<void> {
    await this.#ask(path, ask);
  }

  #ask(path: string, ask: Ask): Promise<Response> {
    return this.#send(`/api/v1${path}`, ask);
  }

  async #send(path: string, { method = "GET", query, json, bytes, signal }: Ask): Promise<Response> {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) parameters.set(name, String(value));
    const suffix = parameters.size > 0 ? `?${parameters}` : "";
    // The header tells the hub that no other site's form sent this (docs: sign-in and cross-site requests).
    const headers: Record<string, string> = method === "GET" ? {} : { "X-Requested-By": "runhere" };
    if (json !== undefined) headers["Content-Type"] = "application/json";
    if (bytes !== undefined) headers["Content-Type"] = "application/octet-stream";
    const body = json === undefined ? bytes : JSON.stringify(json);
    let answer: Response;
    try {
      answer = await this.#fetch(`${this.#base}${path}${suffix}`, {
        method,
        headers,
        credentials: "same-origin",
        ...(body === undefined ? {} : { body }),
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new HubUnreachable(error);
    }
    if (answer.ok) return answer;
    throw errorOf(answer.status, await answer.json().catch(() => null));
  }
}

function ofCell(cellId: string | null): string {
  return cellId === null ? "" : `?cell=${encodeURIComponent(cellId)}`;
}

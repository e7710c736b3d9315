/** Composition of one open notebook: document, runs, room, runtime and the view's controller. Closed with the page or the route. */
import type { HubClient, Notebook, Session } from "../api/client.ts";
import { ApiError } from "../api/errors.ts";
import { hostedId } from "../core/hosted.ts";
import { canEdit } from "../core/notebook.ts";
import { type Observable, Value } from "../core/observable.ts";
import { type Owner, ownKey } from "../core/owner.ts";
import { CELL_MARK, saysHome } from "../core/private-outputs.ts";
import { STATE_MIME } from "../core/widget-state.ts";
import { NotebookDoc } from "../doc/notebook-doc.ts";
import { errorText } from "../i18n/error-text.ts";
import { withWords } from "../i18n/t.ts";
import type { NotebookPlace } from "../kernel/folder.ts";
import { newId } from "../kernel/messages.ts";
import { onLeaving } from "../sync/back-off.ts";
import { systemClock } from "../sync/clock.ts";
import { KeptRuns } from "../sync/kept-runs.ts";
import { IndexedDbOffline } from "../sync/offline.ts";
import { pagesByLock } from "../sync/pages.ts";
import { type RefusedCode, RoomSocket } from "../sync/room-socket.ts";
import { RunStore } from "../sync/run-store.ts";
import type { Connect } from "../sync/socket.ts";
import { toast } from "../ui/toast.tsx";
import { ConnectDesk } from "../views/connect/connect-desk.ts";
import type { HostedAccess } from "../views/connect/runtime.ts";
import { shareCells } from "../views/notebook/clipboard.ts";
import { NotebookController } from "../views/notebook/controller.ts";
import { outputEnvironment } from "../views/notebook/output-environment.ts";
import { browserId, tabId } from "./browser-ids.ts";
import { onStored } from "./browser-store.ts";
import { CommentDesk } from "./comment-desk.ts";
import { DebugSeat } from "./debug-seat.ts";
import type { DefaultRuntime } from "./default-runtime.ts";
import { HostedJournal } from "./hosted-journal.ts";
import { roomUrl } from "./notebook-ahead.ts";
import { NotebookRuntime } from "./notebook-runtime.ts";
import { NotebookTrust } from "./notebook-trust.ts";
import { listenToGestures } from "./own-gestures.ts";
import { RequestDesk } from "./request-desk.ts";
import { RunDriver } from "./run-driver.ts";
import { browserEnvironment } from "./runtime-environment.ts";
import { RuntimeMemory } from "./runtime-memory.ts";
import type { NotebookRuntimeOptions } from "./runtime-types.ts";
import { sectionMemory } from "./section-memory.ts";
import { ownerOf } from "./session.ts";
import { WidgetHost } from "./widget-host.ts";

export interface OpenNotebook {
  readonly owner: Owner;
  readonly doc: NotebookDoc;
  readonly runs: RunStore;
  readonly room: RoomSocket;
  readonly runtime: NotebookRuntime;
  readonly driver: RunDriver;
  readonly desk: ConnectDesk;
  readonly requests: RequestDesk;
  readonly controller: NotebookController;
  readonly comments: CommentDesk;
  /** Grows when somebody who may only read wants to run. */
  readonly copyWish: Observable<number>;
  /** Grows when somebody wants to say whether the active cell's outputs stay at home. */
  readonly cellOutputsWish: Observable<number>;
  readonly trust: NotebookTrust;
  readonly debug: DebugSeat;
  /** Ends sockets and timers. The kernel goes on; unsaved edits stay in the browser's storage. */
  close(): void;
}

export interface OpenNotebookOptions {
  readonly notebook: Notebook;
  readonly session: Session;
  readonly hub: HubClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly defaultRuntime: DefaultRuntime;
  readonly connect: Connect;
}

export function openNotebook(options: OpenNotebookOptions): OpenNotebook {
  const { notebook, session, hub, now, defaultRuntime, connect } = options;
  const { id } = notebook;
  const owner = ownerOf(session);
  const environment = browserEnvironment(owner);
  const doc = new NotebookDoc();
  const runs = new RunStore({
    browserId,
    putBlob: (sha256, bytes, cellId) => hub.putBlob(id, sha256, bytes, cellId),
    isMarkedHome: (cellId) => saysHome(doc.cell(cellId)?.metadata(CELL_MARK)),
  });
  const offline = new IndexedDbOffline(ownKey(owner, id), tabId, globalThis.indexedDB);
  const room = new RoomSocket({
    url: roomUrl(id),
    connect,
    doc,
    runs,
    offline,
    browserId,
    tabId,
    personId: session.person.id,
    whyRefused: () => whyRefused(hub, id),
  });
  const wiring: NotebookRuntimeOptions = {
    notebookId: id,
    place: async () => placeOf(await hub.notebook(id).catch(() => notebook)),
    hostedPlace: session.hosted_url,
    newPass: async (baseUrl) => await (await import("./hosted-runtimes.ts")).newPass(hub, baseUrl, session.hosted_url),
    wantedKernelspec: () => wantedKernelspec(doc),
  };
  const runtime = new NotebookRuntime(wiring, environment);
  const desk = new ConnectDesk(runtime.binding, session.hosted_provider === null ? null : hostedAccess(hub, notebook));
  const widgets = new WidgetHost({
    runs,
    clock: systemClock,
    sessionId: () => runtime.sessionId,
    fileState: () => valueIn(doc.metadata("widgets"), STATE_MIME),
  });
  const copyWish = new Value(0);
  const cellOutputsWish = new Value(0);
  // What the hub knows best is what the room said last; before that, what came with the notebook.
  const mayRun = () => {
    if (canEdit(room.state.get().hello?.role ?? notebook.role)) return true;
    copyWish.set(copyWish.get() + 1);
    return false;
  };
  const requests = new RequestDesk({
    owner,
    notebookId: id,
    notebook: async () => (await fetch(hub.downloadUrl(id, { outputs: true }))).json(),
    evaluate: async (wish) =>
      await (await cellScripts()).runCellScript(wish, { runs, environment: outputEnvironment(controller) }),
    send: (message) => runtime.port.get()?.send(message),
    now,
  });
  const gestures = listenToGestures(window);
  const isHosted: Observable<boolean> = {
    get() {
      const state = runtime.binding.get();
      return "target" in state && hostedId(state.target.baseUrl, session.hosted_url) !== null;
    },
    subscribe: (fn) => runtime.binding.subscribe(fn),
  };
  const hostedJournal = new HostedJournal({ notebook, room, runtime, isHosted: isHosted.get });
  const trust: NotebookTrust = new NotebookTrust({
    notebookId: id,
    doc,
    room,
    hub,
    isHosted,
    turnToHosted: desk.hosted === null ? null : () => desk.show("hosted"),
    activeCell: () => controller.activeId,
  });
  const debug = new DebugSeat({ notebookId: id, runtime });
  const driver = new RunDriver({
    mayRun,
    notebookId: id,
    doc,
    runs,
    runtime,
    widgets,
    askForRuntime: () => desk.askForRuntime(),
    onPageRequest: (request) => requests.take(request),
    takeGesture: () => gestures.take(),
    approve: async (captured, { isDebugged, wanted }) => {
      const approved = await trust.approve(captured, wanted);
      await hostedJournal.turnOff();
      return await debug.approve(approved, isDebugged);
    },
    approveAtOnce: (wishes) => (debug.part.get() === null ? trust.approveAtOnce(wishes) : null),
    pages,
    forgetApprovals: () => trust.forget(),
    store: environment.ownStore,
    onStored,
    onTrouble: (error) => toast({ text: errorText(error), tone: "error" }),
  });
  const comments = new CommentDesk({ notebookId: id, doc, hub, room });
  const language = languageOf(doc, runtime);
  const controller = new NotebookController({
    doc,
    runs,
    room,
    actions: driver,
    trust,
    margin: comments.margin,
    sectionMemory: sectionMemory(environment.ownStore, id),
    help: runtime,
    language: language.value,
    person: session.person,
    widgets,
    readBlob: (sha256) => hub.blob(id, sha256),
    invoke: async (call) => {
      const port = runtime.port.get();
      const asker = port === null ? null : { port, session: runtime.sessionId, clock: systemClock };
      return await (await cellScripts()).invoke(asker, call);
    },
    askForCellOutputs: () => cellOutputsWish.set(cellOutputsWish.get() + 1),
    now,
  });
  debug.sit(controller);
  const endSharing = shareCells(ownKey(owner, "runhere-cells"));
  room.start();
  const endLeaving = onLeaving(() => driver.leaving());
  const keeping = keepRuns(runs, { notebook: id, person: session.person.id });
  void bindAtStart(RuntimeMemory.peek(environment.ownStore, id), runtime, defaultRuntime);
  return {
    owner,
    doc,
    runs,
    room,
    runtime,
    driver,
    desk,
    requests,
    controller,
    comments,
    copyWish,
    cellOutputsWish,
    trust,
    debug,
    close() {
      comments.close();
      debug.close();
      controller.close();
      desk.end();
      widgets.close();
      driver.close();
      trust.close();
      hostedJournal.close();
      gestures.close();
      runtime.close();
      room.stop();
      language.stop();
      offline.close();
      endLeaving();
      endSharing();
      keeping.close();
      doc.destroy();
    },
  };
}

const pages = pagesByLock(globalThis.navigator?.locks);

const cellScripts = () => withWords(import("./cell-scripts.ts"), "frames");

/** Frames of runs are kept in the browser as edits are. */
function keepRuns(runs: RunStore, of: { readonly notebook: string; readonly person: string }): { close(): void } {
  // Before the keeper's own: what is gathered still reaches it when the page leaves.
  const endLeaving = onLeaving(() => runs.flush());
  const keeper = new KeptRuns({ ...of, page: newId(systemClock.random), factory: globalThis.indexedDB, pages });
  runs.keepIn(keeper);
  return {
    close() {
      endLeaving();
      keeper.close();
    },
  };
}

function hostedAccess(hub: HubClient, notebook: Notebook): HostedAccess {
  return {
    omitsOutputs: notebook.omit_outputs,
    status: () => hub.hosted(),
    start: () => hub.hostedDo("start"),
    stop: () => hub.hostedDo("stop"),
    keep: () => hub.hostedDo("keep"),
  };
}

function placeOf(notebook: Notebook): NotebookPlace {
  return {
    folder: notebook.folder_path,
    fileName: notebook.path.slice(notebook.path.lastIndexOf("/") + 1),
    sizeBytes: notebook.size_bytes,
    modifiedAt: notebook.modified_at,
  };
}

/** Every notebook is bound without a question where that is known: to what it had, else to the default; not after a *Disconnect*. */
async function bindAtStart(
  { runtime: had, isDetached }: Pick<RuntimeMemory, "runtime" | "isDetached">,
  runtime: NotebookRuntime,
  defaultRuntime: DefaultRuntime,
): Promise<void> {
  if (isDetached) return;
  const input = await defaultRuntime.inputFor(had?.baseUrl ?? null);
  if (input === null) await runtime.reattach();
  else await runtime.connect(input);
}

function wantedKernelspec(doc: NotebookDoc): { readonly name: string; readonly language: string | null } | null {
  const spec = doc.metadata("kernelspec");
  const name = textIn(spec, "name");
  const language = textIn(spec, "language") ?? textIn(doc.metadata("language_info"), "name");
  return name === null ? null : { name, language: language?.toLowerCase() ?? null };
}

/** A browser does not tell a page why an upgrade was refused; the same question by HTTP does. */
async function whyRefused(hub: HubClient, id: string): Promise<RefusedCode | null> {
  try {
    await hub.notebook(id);
    return null;
  } catch (error) {
    if (!(error instanceof ApiError)) return null;
    const codes: { readonly [status: number]: RefusedCode } = {
      401: "signed_out",
      403: "not_allowed",
      404: "no_such_notebook",
    };
    return codes[error.status] ?? null;
  }
}

/** The kernel's language once it told it, before that the one the notebook names; lower case. */
function languageOf(doc: NotebookDoc, runtime: NotebookRuntime): { value: Observable<string>; stop: () => void } {
  const find = () =>
    (
      runtime.kernel.get().language ??
      textIn(doc.metadata("language_info"), "name") ??
      textIn(doc.metadata("kernelspec"), "language") ??
      "python"
    ).toLowerCase();
  const value = new Value(find());
  const follow = () => value.set(find());
  const ends = [runtime.kernel.subscribe(follow), doc.subscribeMetadata(follow)];
  return {
    value,
    stop: () => {
      for (const end of ends) end();
    },
  };
}

function valueIn(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return (value as Readonly<Record<string, unknown>>)[key];
}

function textIn(value: unknown, key: string): string | null {
  const found = valueIn(value, key);
  return typeof found === "string" && found !== "" ? found : null;
}

/** What panels are given: plain services, all of one open notebook. A panel's own view names only those it uses. */
import type { HubClient, Notebook, Session } from "../api/client.ts";
import type { BindingState } from "../core/binding.ts";
import type { Observable } from "../core/observable.ts";
import type { KernelPort } from "../kernel/kernel-port.ts";
import type { JupyterServer } from "../kernel/server.ts";
import type { NotebookController } from "../views/notebook/controller.ts";
import type { CommentDesk } from "./comment-desk.ts";
import type { DebugSeat } from "./debug-seat.ts";
import type { OpenNotebook } from "./open-notebook.ts";
import { notebookPath } from "./routes.ts";
import type { KernelState } from "./runtime-types.ts";
import type { PageServices } from "./services.ts";

export interface PanelServices {
  readonly notebook: Notebook;
  readonly session: Session;
  readonly hub: HubClient;
  /** The document (`controller.services.doc`), the selection, going to a cell. */
  readonly controller: NotebookController;
  readonly comments: CommentDesk;
  readonly binding: Observable<BindingState>;
  /**
   * The bound Jupyter server, with its transport; null while none is bound. It stays the same object over restarts of the kernel, new
   * kernels and cut lines, and is another one after a switch of runtime.
   */
  readonly server: Observable<JupyterServer | null>;
  readonly kernel: Observable<KernelState>;
  /** The kernel's messages, all channels (`control` answers while the kernel is busy); null while no kernel is attached. */
  readonly port: Observable<KernelPort | null>;
  /** `session` of messages sent through `port`. */
  readonly sessionId: () => string;
  readonly debug: DebugSeat;
  /** Calls `fn` each time the kernel's variables are gone. Returns the end. */
  readonly onLoss: (fn: () => void) => () => void;
  /** Opens the dialog *Local connection settings*. */
  readonly connect: () => void;
  /** Shows the notebook where the panel covers it (narrow screens); call it before moving the focus to a cell. */
  readonly uncover: () => void;
  /** Goes to a notebook of the hub. */
  readonly openNotebook: (id: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface PanelSources {
  readonly page: PageServices;
  readonly notebook: Notebook;
  readonly open: OpenNotebook;
  readonly session: Session;
}

export function panelServices({ page, notebook, open, session }: PanelSources): PanelServices {
  const { runtime, controller, desk, comments } = open;
  return {
    notebook,
    session,
    hub: page.hub,
    controller,
    comments,
    binding: runtime.binding,
    server: runtime.server,
    kernel: runtime.kernel,
    port: runtime.port,
    sessionId: () => runtime.sessionId,
    debug: open.debug,
    onLoss: (fn) => runtime.onLoss(fn),
    connect: () => desk.show(desk.first),
    uncover: () => page.panels.uncover(),
    openNotebook: (id) => page.router.go(notebookPath(id)),
    now: page.now,
  };
}

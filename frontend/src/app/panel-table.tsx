/**
 * Every panel, once: its icon, when it cannot be used and why, and how it is loaded. Titles and ids are in `panel-choice.ts` and
 * `i18n/…/commands.ts` (`panel_<id>`), because menus need them before any panel is loaded.
 *
 * A panel is an island in `views/<id>/`; the row here gives it what it needs of `PanelServices`. While the runtime is away for a moment the
 * panel stays as it is under a line of the host; after a switch of runtime it is made anew if it `uses` the server.
 */
import {
  Bug,
  FolderTree,
  Gauge,
  ListTree,
  type LucideIcon,
  MessageSquare,
  SquareTerminal,
  Variable,
} from "lucide-react";
import type { ComponentType } from "react";
import type { BindingState } from "../core/binding.ts";
import { withWords } from "../i18n/t.ts";
import { onWake } from "../sync/back-off.ts";
import { systemClock } from "../sync/clock.ts";
import { browserStore } from "./browser-store.ts";
import type { PanelId } from "./panel-choice.ts";
import type { PanelServices } from "./panel-services.ts";
import { browserEnvironment } from "./runtime-environment.ts";
import { ownerOf } from "./session.ts";

/** Why a panel shows nothing now: `panels.why_<code>`. */
export type WhyNot = "unbound" | "connecting" | "no_kernel";

export interface PanelRow {
  readonly icon: LucideIcon;
  /** `nothing`: works without a runtime. `server`: needs its Jupyter server. `kernel`: needs an attached kernel. */
  readonly uses: "nothing" | "server" | "kernel";
  readonly load: () => Promise<ComponentType<{ readonly services: PanelServices }>>;
}

export const panelTable: Readonly<Record<PanelId, PanelRow>> = {
  contents: {
    icon: ListTree,
    uses: "nothing",
    load: async () => {
      const { ContentsPanel } = await withWords(import("../views/contents/contents-panel.tsx"), "panels");
      return ({ services: { controller, uncover } }) => (
        <ContentsPanel
          doc={controller.services.doc}
          active={controller.selection}
          onGo={(cellId) => {
            uncover();
            controller.select(cellId);
          }}
        />
      );
    },
  },
  comments: {
    icon: MessageSquare,
    uses: "nothing",
    load: async () => (await withWords(import("./comment-part.tsx"), "comments")).CommentsPart,
  },
  variables: {
    icon: Variable,
    uses: "kernel",
    load: async () => {
      const { VariablesPanel } = await withWords(import("../views/variables/variables-panel.tsx"), "variables");
      return ({ services: { port, kernel, sessionId } }) => (
        <VariablesPanel port={port} status={kernel} sessionId={sessionId} clock={systemClock} />
      );
    },
  },
  debugger: {
    icon: Bug,
    uses: "kernel",
    load: async () => (await withWords(import("./debug-panel.tsx"), "debugger")).DebuggerOfNotebook,
  },
  files: {
    icon: FolderTree,
    uses: "server",
    load: async () => {
      const { FilesPanel } = await withWords(import("../views/files/files-panel.tsx"), "files");
      return ({ services: { server, binding, hub, notebook, session, openNotebook, uncover } }) => {
        const now = server.get();
        const goTo = (id: string): void => {
          uncover();
          openNotebook(id);
        };
        return now === null ? null : (
          <FilesPanel
            server={now}
            clock={systemClock}
            folder={folderOf(binding.get())}
            notebook={async () => ({
              name: `${notebook.name}.ipynb`,
              content: await hub.notebookFile(notebook.id),
            })}
            openNotebook={async (path) => {
              const bound = binding.get();
              const { openFromDisk } = await withWords(import("./disk-open.ts"), "disk");
              const folder =
                "attachment" in bound && bound.attachment.folder.place === "notebook" ? folderOf(bound) : null;
              const label = "target" in bound ? bound.target.label : now.transport.baseUrl;
              const personId = session.person.id;
              const { ownStore } = browserEnvironment(ownerOf(session));
              const store = browserStore();
              goTo(await openFromDisk({ server: now, label, path, hub, notebook, personId, store, ownStore, folder }));
            }}
            openInHub={async (name, content) => {
              const directory = { folderId: notebook.folder_id, path: parentPath(notebook.path) };
              const { path } = await hub.upload(directory, name, content);
              goTo((await hub.openNotebook({ folderId: notebook.folder_id, path })).id);
            }}
          />
        );
      };
    },
  },
  terminal: {
    icon: SquareTerminal,
    uses: "server",
    load: async () => {
      const { TerminalPanel } = await withWords(import("../views/terminal/terminal-panel.tsx"), "terminal");
      return ({ services: { server, binding } }) => {
        const now = server.get();
        return now === null ? null : (
          <TerminalPanel
            server={now}
            label={now.transport.baseUrl}
            folder={() => folderOf(binding.get())}
            clock={systemClock}
            onWake={onWake}
          />
        );
      };
    },
  },
  resources: {
    icon: Gauge,
    uses: "server",
    load: async () => {
      const [{ ResourcesPanel }, { resourcesOf }] = await Promise.all([
        withWords(import("../views/resources/resources-panel.tsx"), "resources"),
        withWords(import("./resource-part.tsx"), "resources"),
      ]);
      return ({ services }) => <ResourcesPanel {...resourcesOf(services)} />;
    },
  },
};

function parentPath(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** Where the kernel began: relative to the server's root. */
function folderOf(binding: BindingState): string {
  return "attachment" in binding ? binding.attachment.folder.path : "";
}

/** Null when a panel that uses this can be shown. */
export function whyNot(uses: PanelRow["uses"], binding: BindingState, hasServer: boolean): WhyNot | null {
  if (uses === "nothing") return null;
  if (binding.phase === "unbound") return "unbound";
  if (!hasServer) return "connecting";
  if (uses === "server") return null;
  if (binding.phase === "gone") return "no_kernel";
  return binding.phase === "ready" || binding.phase === "interrupted" ? null : "connecting";
}

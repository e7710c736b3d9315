/**
 * Every panel, once: its icon, when it cannot be used and why, and how it is loaded. Titles and ids are in `panel-choice.ts` and
 * `i18n/…/commands.ts` (`panel_<id>`), because menus need them before any panel is loaded.
 *
 * A panel is an island in `views/<id>/`; the row here gives it what it needs of `PanelServices`. While the runtime is away for a moment the
 * panel stays as it is under a line of the host; after a switch of runtime it is made anew if it `uses` the server.
 */
import { ListTree, type LucideIcon } from "lucide-react";
import type { ComponentType } from "react";
import type { BindingState } from "../core/binding.ts";
import { withWords } from "../i18n/t.ts";
import type { PanelId } from "./panel-choice.ts";
import type { PanelServices } from "./panel-services.ts";

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
};

/** Null when a panel that uses this can be shown. */
export function whyNot(uses: PanelRow["uses"], binding: BindingState, hasServer: boolean): WhyNot | null {
  if (uses === "nothing") return null;
  if (binding.phase === "unbound") return "unbound";
  if (!hasServer) return "connecting";
  if (uses === "server") return null;
  if (binding.phase === "gone") return "no_kernel";
  return binding.phase === "ready" || binding.phase === "interrupted" ? null : "connecting";
}

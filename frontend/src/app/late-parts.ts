import { withWords } from "../i18n/t.ts";
import { hiddenCode } from "../views/notebook/code-cell.tsx";
import { findBar } from "../views/notebook/notebook-view.tsx";
import { reviewDialog } from "./review-part.ts";

/**
 * Parts of the page that are loaded when they are first used are also fetched soon after a notebook is open: the hub that would hand them
 * out may be dead by then, and a menu or a dialog must open all the same. Not here: KaTeX and grammars of text, which a notebook without
 * them never needs and whose absence only shows the source.
 */
const PARTS: readonly (() => Promise<unknown>)[] = [
  () => import("../editor/completion.ts"),
  () => import("../ui/menu-list.tsx"),
  () => import("../ui/menu-bar-popover.tsx"),
  () => import("../ui/dialog-frame.tsx"),
  () => withWords(import("./page-dialogs.tsx"), "connect", "private"),
  () => withWords(import("./panel-host.tsx"), "panels"),
  () => withWords(import("../views/connect/connect-dialogs.tsx"), "connect"),
  () => withWords(import("../views/settings/settings-dialog.tsx"), "settings"),
  hiddenCode.fetch,
  () => import("./run-gate.ts"),
  () => import("./runtime-driver.ts"),
  () => import("./unsent-end.ts"),
  () => import("../kernel/probing.ts"),
  reviewDialog.fetch,
  async () => (await withWords(import("../views/settings/settings-dialog.tsx"), "settings")).trustSettings.fetch(),
  findBar.fetch,
  async () => (await withWords(import("./page-dialogs.tsx"), "connect", "private")).notebookHistory.fetch(),
];

/** Resolves when every part was fetched or failed to be; those are fetched again where they are used. */
export async function fetchLateParts(): Promise<void> {
  // One after the other: what the person does meanwhile comes first.
  for (const load of PARTS) await load().catch(() => {});
}

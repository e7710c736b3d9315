import { ChevronRight, EllipsisVertical, File, Folder, NotebookText } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Collection } from "react-aria-components/Collection";
import { Tree, TreeItem, TreeItemContent } from "react-aria-components/Tree";
import { formatBytes } from "../../i18n/t.ts";
import { type FileEntry, parentOf } from "../../kernel/files.ts";
import { IconButton } from "../../ui/button.tsx";
import { cx } from "../../ui/cx.ts";
import { MenuButton, type MenuEntry } from "../../ui/menu.tsx";
import { useText } from "../../ui/use-observable.ts";
import type { FilesState, Listing } from "./files-model.ts";
import styles from "./files-panel.module.css";
import { troubleText } from "./trouble.ts";

export interface FileTreeProps {
  readonly state: FilesState;
  readonly onExpand: (folders: ReadonlySet<string>) => void;
  readonly onOpen: (entry: FileEntry) => void;
  readonly menuOf: (entry: FileEntry) => readonly MenuEntry[];
}

type Row =
  | { readonly kind: "entry"; readonly id: string; readonly entry: FileEntry }
  /** Why a folder shows nothing. */
  | { readonly kind: "note"; readonly id: string; readonly text: string; readonly isBad: boolean };

const icons = { directory: Folder, notebook: NotebookText, file: File } as const;

/** Folders and files. Arrows, type-ahead, Enter to open. */
export function FileTree({ state, onExpand, onOpen, menuOf }: FileTreeProps) {
  const t = useText();
  const rowsOf = (folder: string): readonly Row[] => {
    const listing = state.listings.get(folder);
    if (listing === undefined || (listing.phase === "loading" && listing.entries.length === 0))
      return [{ kind: "note", id: `${folder}/?`, text: t("shell.loading"), isBad: false }];
    return rowsIn(folder, listing, t("files.emptyFolder"));
  };
  const draw = (row: Row): ReactNode => {
    if (row.kind === "note")
      return (
        <TreeItem key={row.id} id={row.id} textValue={row.text} className={styles.row ?? ""}>
          <TreeItemContent>
            <span className={cx(styles.note, row.isBad && styles.bad)} role={row.isBad ? "alert" : undefined}>
              {row.text}
            </span>
          </TreeItemContent>
        </TreeItem>
      );
    const { entry } = row;
    const isFolder = entry.kind === "directory";
    const Icon = icons[entry.kind];
    return (
      <TreeItem
        key={row.id}
        id={row.id}
        textValue={entry.name}
        hasChildItems={isFolder}
        className={styles.row ?? ""}
        onAction={() => (isFolder ? onExpand(toggled(state.expanded, entry.path)) : onOpen(entry))}
      >
        <TreeItemContent>
          {({ isExpanded }) => (
            <div className={styles.cells} data-folder={isFolder ? entry.path : parentOf(entry.path)}>
              {isFolder ? (
                <AriaButton slot="chevron" className={cx(styles.chevron, isExpanded && styles.open)}>
                  <ChevronRight size={16} aria-hidden />
                </AriaButton>
              ) : (
                <span className={styles.space} />
              )}
              <Icon size={16} aria-hidden className={styles.icon} />
              <span className={styles.name} title={entry.name}>
                {entry.name}
              </span>
              <span className={styles.quiet}>{entry.sizeBytes === null ? "" : formatBytes(entry.sizeBytes)}</span>
              <MenuButton
                label={t("files.actionsFor", { name: entry.name })}
                entries={menuOf(entry)}
                placement="bottom end"
              >
                <IconButton label={t("files.actionsFor", { name: entry.name })} size="small">
                  <EllipsisVertical size={16} aria-hidden />
                </IconButton>
              </MenuButton>
            </div>
          )}
        </TreeItemContent>
        {/* Also while it is closed: what tells that a row can be opened looks at what is in it. */}
        {isFolder ? (
          <Collection items={rowsOf(entry.path).map((child) => ({ id: child.id, child }))}>
            {({ child }) => draw(child) as never}
          </Collection>
        ) : null}
      </TreeItem>
    );
  };
  return (
    <Tree
      aria-label={t("files.tree")}
      className={styles.tree ?? ""}
      selectionMode="none"
      expandedKeys={state.expanded}
      onExpandedChange={(keys) => onExpand(new Set([...keys].map(String)))}
      dependencies={[state, t]}
      items={rowsOf("").map((row) => ({ id: row.id, row }))}
      renderEmptyState={() => <p className={styles.note}>{t("files.emptyRoot")}</p>}
    >
      {({ row }) => draw(row) as never}
    </Tree>
  );
}

/** A folder's id is its path; no path ends with a slash, so that a note's never is one. */
function rowsIn(folder: string, listing: Listing, emptyText: string): readonly Row[] {
  if (listing.phase === "failed")
    return [{ kind: "note", id: `${folder}/!`, text: troubleText(listing.error), isBad: true }];
  if (listing.entries.length === 0)
    return folder === "" ? [] : [{ kind: "note", id: `${folder}/.`, text: emptyText, isBad: false }];
  return listing.entries.map((entry) => ({ kind: "entry", id: entry.path, entry }));
}

function toggled(folders: ReadonlySet<string>, folder: string): ReadonlySet<string> {
  const next = new Set(folders);
  if (!next.delete(folder)) next.add(folder);
  return next;
}

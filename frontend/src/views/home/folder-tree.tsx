import { ChevronRight, File, Folder, FolderX, NotebookText } from "lucide-react";
import { type MouseEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Collection } from "react-aria-components/Collection";
import { Tree, TreeItem, TreeItemContent } from "react-aria-components/Tree";
import type { Folder as BoundFolder, FilePlace } from "../../api/client.ts";
import { formatAgo, formatBytes } from "../../i18n/t.ts";
import { cx } from "../../ui/cx.ts";
import { FloatingMenu, type MenuEntry } from "../../ui/menu.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./folder-tree.module.css";
import type { HomeState } from "./home-model.ts";
import { leavePress, onLongPress } from "./long-press.ts";
import { RowMenuButton } from "./row-menu-button.tsx";
import { noteText } from "./row-note.ts";
import { folderName, isForTab, keyOf, nameOf, placeOf, type Row, rowsOf } from "./tree-model.ts";
import { type DropActions, useTreeDrops } from "./use-tree-drops.ts";

export interface FolderTreeProps {
  readonly state: HomeState;
  readonly now: number;
  readonly onExpand: (keys: ReadonlySet<string>) => void;
  readonly onOpen: (place: FilePlace) => void;
  readonly onOpenInTab: (place: FilePlace) => void;
  readonly menuOf: (row: Row) => readonly MenuEntry[];
  readonly drops: DropActions;
}

/** The bound folders and what is in them. Arrows, type-ahead, Enter to open, drag and drop (also by keyboard). */
export function FolderTree({ state, now, onExpand, onOpen, onOpenInTab, menuOf, drops }: FolderTreeProps) {
  const t = useText();
  const dragAndDropHooks = useTreeDrops(drops);
  const menu = useContextMenu();
  const roots: readonly Row[] = state.folders.map((folder) => {
    const place = { folderId: folder.id, path: folder.root };
    return { kind: "root", key: keyOf(place), place, folder };
  });
  const act = (key: string) => {
    const place = placeOf(key);
    if (!place) return;
    if (!/\.ipynb$/i.test(place.path) || state.listings.has(key)) onExpand(toggled(state.expanded, key));
    else onOpen(place);
  };

  const draw = (row: Row): ReactNode => {
    if (row.kind === "note") return <NoteRow key={row.key} row={row} />;
    const isDirectory = row.kind === "root" || row.kind === "folder";
    // A folder that is gone has nothing to show but the reason, which stands in its row.
    const isOpenable = isDirectory && (row.kind !== "root" || row.folder.state === "ok");
    const name = row.kind === "root" ? folderName(row.folder, t) : nameOf(row.entry.name);
    return (
      <TreeItem
        key={row.key}
        id={row.key}
        textValue={name}
        hasChildItems={isOpenable}
        className={cx(styles.row, styles[row.kind === "file" ? "other" : row.kind])}
        {...(row.kind === "file" || (isDirectory && !isOpenable) ? {} : { onAction: () => act(row.key) })}
      >
        <TreeItemContent>
          {({ isExpanded }) => (
            // biome-ignore lint/a11y/noStaticElementInteractions: the row's menu button does the same for keyboards.
            <div
              className={styles.cells}
              onContextMenu={(event) => {
                if (menuOf(row).length === 0) return;
                event.preventDefault();
                leavePress(event.target);
                menu.open(event, name, menuOf(row));
              }}
              onPointerDown={(press) => {
                if (menuOf(row).length > 0) onLongPress(press, (at) => menu.open(at, name, menuOf(row)));
              }}
              {...(row.kind === "notebook" ? ownTab(() => onOpenInTab(row.place)) : {})}
            >
              <div className={styles.name}>
                {isOpenable ? (
                  <Button slot="chevron" className={cx(styles.chevron, isExpanded && styles.open)}>
                    <ChevronRight size={16} aria-hidden />
                  </Button>
                ) : (
                  <span className={styles.space} />
                )}
                <RowName row={row} name={name} />
              </div>
              <RowInfo row={row} now={now} />
              <RowMenuButton label={t("home.actionsFor", { name })} entries={menuOf(row)} />
            </div>
          )}
        </TreeItemContent>
        {isOpenable ? (
          <Collection items={rowsOf(row.place, state.listings.get(row.key)).map((child) => ({ id: child.key, child }))}>
            {({ child }) => draw(child) as never}
          </Collection>
        ) : null}
      </TreeItem>
    );
  };

  return (
    <>
      <Tree
        aria-label={t("home.foldersTree")}
        className={styles.tree ?? ""}
        selectionMode="none"
        expandedKeys={state.expanded}
        onExpandedChange={(keys) => onExpand(new Set([...keys].map(String)))}
        dragAndDropHooks={dragAndDropHooks}
        dependencies={[state, now, t]}
        items={roots.map((root) => ({ id: root.key, root }))}
      >
        {({ root }) => draw(root) as never}
      </Tree>
      {menu.element}
    </>
  );
}

/** What a click for a tab of its own does. The row must not hear of it: it would open the notebook here. */
function ownTab(open: () => void) {
  return {
    onPointerDownCapture: (event: PointerEvent) => {
      if (isForTab(event)) event.stopPropagation();
    },
    // No scrolling by the middle button.
    onMouseDown: (event: MouseEvent) => {
      if (event.button === 1) event.preventDefault();
    },
    onClick: (event: MouseEvent) => {
      if (isForTab(event)) open();
    },
    onAuxClick: (event: MouseEvent) => {
      if (isForTab(event)) open();
    },
  };
}

function toggled(keys: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(keys);
  if (!next.delete(key)) next.add(key);
  return next;
}

function RowName({ row, name }: { readonly row: Exclude<Row, { kind: "note" }>; readonly name: string }) {
  const t = useText();
  switch (row.kind) {
    case "root":
      return (
        <>
          {row.folder.state === "ok" ? (
            <Folder size={18} aria-hidden className={styles.folderIcon} />
          ) : (
            <FolderX size={18} aria-hidden className={styles.bad} />
          )}
          <span className={styles.text}>
            {name}
            <FolderPath folder={row.folder} />
          </span>
        </>
      );
    case "folder":
      return (
        <>
          <Folder size={18} aria-hidden className={styles.folderIcon} />
          <span className={styles.text}>{row.entry.name}</span>
        </>
      );
    case "notebook":
      return (
        <>
          <NotebookText size={18} aria-hidden />
          <span className={styles.text}>{name}</span>
        </>
      );
    case "file":
      return (
        <>
          <File size={18} aria-hidden />
          <span className={styles.text}>
            {row.entry.name}
            <span className="visually-hidden">, {t("home.notANotebook")}</span>
          </span>
        </>
      );
  }
}

function FolderPath({ folder }: { readonly folder: BoundFolder }) {
  const t = useText();
  const about = folder.owner === null ? folder.path : t("home.sharedBy", { name: folder.owner });
  if (folder.state === "ok") return <span className={styles.path}>{about}</span>;
  const what = t(folder.state === "missing" ? "home.folderMissing" : "home.folderUnreadable");
  return (
    <span className={cx(styles.path, styles.bad)}>
      {what}: {folder.path}
    </span>
  );
}

function RowInfo({ row, now }: { readonly row: Exclude<Row, { kind: "note" }>; readonly now: number }) {
  if (row.kind === "root" || row.kind === "folder") {
    return (
      <>
        <span className={styles.info} />
        <span className={styles.info} />
      </>
    );
  }
  return (
    <>
      <span className={styles.info}>{formatAgo(row.entry.modified_at, now)}</span>
      <span className={cx(styles.info, styles.size)}>{sizeOf(row.entry)}</span>
    </>
  );
}

function NoteRow({ row }: { readonly row: Extract<Row, { kind: "note" }> }) {
  const t = useText();
  const words = noteText(row.note, t);
  return (
    <TreeItem key={row.key} id={row.key} textValue={words} className={styles.row ?? ""}>
      <TreeItemContent>
        <div className={styles.cells}>
          <div className={cx(styles.name, styles.note, row.note.about === "failed" && styles.bad)}>
            <span className={styles.space} />
            {words}
          </div>
        </div>
      </TreeItemContent>
    </TreeItem>
  );
}

/** A menu at the pointer; one for the whole tree. */
function useContextMenu() {
  const [shown, setShown] = useState<{ label: string; entries: readonly MenuEntry[]; x: number; y: number } | null>(
    null,
  );
  const anchor = useRef<HTMLSpanElement>(null);
  const open = (at: { clientX: number; clientY: number }, label: string, entries: readonly MenuEntry[]) =>
    setShown({ label, entries, x: at.clientX, y: at.clientY });
  const element = (
    <>
      <span
        ref={anchor}
        aria-hidden
        style={{ position: "fixed", left: shown?.x ?? 0, top: shown?.y ?? 0, width: 0, height: 0 }}
      />
      {shown ? (
        <FloatingMenu
          label={shown.label}
          entries={shown.entries}
          isOpen
          onClose={() => setShown(null)}
          triggerRef={anchor}
        />
      ) : null}
    </>
  );
  return { open, element };
}

/** Notebooks that the hub keeps are no files: nothing says how large they are. */
function sizeOf({ size_bytes }: { readonly size_bytes: number }): string {
  return size_bytes === 0 ? "" : formatBytes(size_bytes);
}

import { ChevronRight, Folder } from "lucide-react";
import { useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Collection } from "react-aria-components/Collection";
import { Tree, TreeItem, TreeItemContent } from "react-aria-components/Tree";
import type { FilePlace } from "../../api/client.ts";
import { errorText } from "../../i18n/error-text.ts";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/cx.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useText } from "../../ui/use-observable.ts";
import type { HomeState } from "./home-model.ts";
import styles from "./move-dialog.module.css";
import { noteText } from "./row-note.ts";
import { keyOf, nameOf, parentOf, placeOf, type RowNote, rowsOf } from "./tree-model.ts";

interface Directory {
  readonly id: string;
  readonly name: string;
  readonly place: FilePlace;
}

interface Note {
  readonly id: string;
  readonly note: RowNote;
}

const PENDING: ReadonlySet<RowNote["about"]> = new Set(["loading", "failed"]);

export interface MoveDialogProps {
  readonly place: FilePlace;
  readonly state: HomeState;
  readonly onExpand: (keys: ReadonlySet<string>) => void;
  readonly onMove: (directory: FilePlace) => Promise<void>;
  readonly onClose: () => void;
}

/** Chooses the folder that a notebook moves to. */
export function MoveDialog({ place, state, onExpand, onMove, onClose }: MoveDialogProps) {
  const t = useText();
  const [chosen, setChosen] = useState<string>(keyOf(parentOf(place)));
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const target = placeOf(chosen);
  const isSame = chosen === keyOf(parentOf(place));
  const submit = async () => {
    if (!target || isSame) return;
    setBusy(true);
    try {
      await onMove(target);
      onClose();
    } catch (reason) {
      setError(errorText(reason));
      setBusy(false);
    }
  };
  const roots = state.folders
    .filter((folder) => folder.state === "ok")
    .map((folder) => directory(folder.name, { folderId: folder.id, path: "" }));
  // Not yet listed, or not to be listed: a note stands in the place of what is inside. It also tells the tree that the folder can be opened.
  const inside = (one: Directory): readonly (Directory | Note)[] =>
    rowsOf(one.place, state.listings.get(one.id)).flatMap((row): (Directory | Note)[] => {
      if (row.kind === "folder") return [directory(row.entry.name, row.place)];
      return row.kind === "note" && PENDING.has(row.note.about) ? [{ id: row.key, note: row.note }] : [];
    });
  const draw = (one: Directory | Note) => {
    if ("note" in one) {
      const words = noteText(one.note, t);
      return (
        <TreeItem id={one.id} textValue={words} isDisabled className={styles.item ?? ""}>
          <TreeItemContent>
            <div className={styles.line}>
              <span className={styles.chevron} />
              {words}
            </div>
          </TreeItemContent>
        </TreeItem>
      );
    }
    const children = inside(one);
    return (
      <TreeItem id={one.id} textValue={one.name} className={styles.item ?? ""}>
        <TreeItemContent>
          {({ isExpanded }) => (
            <div className={styles.line}>
              {children.length > 0 ? (
                <AriaButton slot="chevron" className={cx(styles.chevron, isExpanded && styles.open)}>
                  <ChevronRight size={16} aria-hidden />
                </AriaButton>
              ) : (
                <span className={styles.chevron} />
              )}
              <Folder size={18} aria-hidden />
              {one.name}
            </div>
          )}
        </TreeItemContent>
        <Collection items={children}>{draw as never}</Collection>
      </TreeItem>
    );
  };
  return (
    <Dialog
      title={t("home.moveTitle", { name: nameOf(place.path) })}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t("shell.cancel")}</Button>
          <Button variant="primary" isDisabled={isSame} isPending={isBusy} onPress={() => void submit()}>
            {t("home.moveDo")}
          </Button>
        </>
      }
    >
      <p>{t("home.moveHint")}</p>
      <Tree
        aria-label={t("home.folders")}
        className={styles.list ?? ""}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[chosen]}
        onSelectionChange={(keys) => {
          const [key] = keys === "all" ? [] : [...keys];
          if (key !== undefined) setChosen(String(key));
        }}
        expandedKeys={state.expanded}
        onExpandedChange={(keys) => onExpand(new Set([...keys].map(String)))}
        dependencies={[state]}
        items={roots}
      >
        {draw}
      </Tree>
      {error ? (
        <Notice tone="danger" isLive>
          {error}
        </Notice>
      ) : null}
    </Dialog>
  );
}

function directory(name: string, place: FilePlace): Directory {
  return { id: keyOf(place), name, place };
}

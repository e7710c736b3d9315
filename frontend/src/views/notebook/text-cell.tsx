import { ChevronDown, ChevronRight } from "lucide-react";
import { useLayoutEffect, useMemo, useRef } from "react";
import type { CellId } from "../../core/cell.ts";
import type { CellView } from "../../doc/notebook-doc.ts";
import { showMarkdown } from "../../outputs/markdown.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { useObservable, useSelected, useText } from "../../ui/use-observable.ts";
import { attachmentUrl } from "./attachments.ts";
import styles from "./cell.module.css";
import { CellEditor } from "./cell-editor.tsx";
import type { NotebookController } from "./controller.ts";
import { useSource } from "./hooks.ts";
import { Margin } from "./margin.tsx";
import { sectionWork } from "./section-work.ts";
import { headingLevel } from "./sections.ts";

interface TextCellProps {
  readonly controller: NotebookController;
  readonly cell: CellView;
  readonly position: number;
  readonly isEditing: boolean;
}

/** A text cell: read as it will look; edited beside a preview that keeps up. Raw cells show their text as it is. */
export function TextCell({ controller, cell, position, isEditing }: TextCellProps) {
  const t = useText();
  const source = useSource(cell);
  if (cell.type === "raw") {
    return (
      <div className={styles.row}>
        <div className={styles.gutter}>
          <Margin controller={controller} id={cell.id} />
        </div>
        <div className={styles.source}>
          <CellEditor controller={controller} cell={cell} position={position} />
        </div>
      </div>
    );
  }
  const edit = (): void => {
    if (!controller.isReadOnly) controller.edit(cell.id);
  };
  return (
    <div className={styles.row} data-editing={isEditing || undefined}>
      <div className={styles.gutter}>
        <SectionToggle controller={controller} cell={cell} source={source} />
        <Margin controller={controller} id={cell.id} />
      </div>
      {isEditing ? (
        <div className={styles.split}>
          <div className={styles.source}>
            <CellEditor controller={controller} cell={cell} position={position} />
          </div>
          {/* biome-ignore lint/a11y/useSemanticElements: a preview is a labelled group. */}
          <div
            className={styles.preview}
            role="group"
            aria-label={t("notebook.preview", { position: String(position) })}
          >
            <Markdown cell={cell} source={source} />
          </div>
        </div>
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: Enter on the cell does the same by keyboard.
        <div className={styles.text} onDoubleClick={edit}>
          {source.trim() ? (
            <Markdown cell={cell} source={source} />
          ) : (
            <p className={styles.empty}>{t("notebook.emptyText")}</p>
          )}
          <HiddenCount controller={controller} cell={cell} />
        </div>
      )}
    </div>
  );
}

function Markdown({ cell, source }: { readonly cell: CellView; readonly source: string }) {
  const host = useRef<HTMLDivElement>(null);
  const { attachments } = cell;
  useLayoutEffect(() => {
    if (host.current) showMarkdown(source, host.current, (name) => attachmentUrl(attachments, name));
  }, [source, attachments]);
  return <div ref={host} className="markdown" />;
}

function SectionToggle({
  controller,
  cell,
  source,
}: {
  readonly controller: NotebookController;
  readonly cell: CellView;
  readonly source: string;
}) {
  const t = useText();
  const isCollapsed = useSelected(controller.sections.view, (view) => view.hidden.has(cell.id));
  if (headingLevel(source) === null) return null;
  return (
    <IconButton
      size="small"
      className={styles.fold}
      label={t(isCollapsed ? "notebook.expandSection" : "notebook.collapseSection")}
      aria-expanded={!isCollapsed}
      onPress={() => controller.sections.toggle(cell.id)}
    >
      {isCollapsed ? <ChevronRight size={16} aria-hidden /> : <ChevronDown size={16} aria-hidden />}
    </IconButton>
  );
}

function HiddenCount({ controller, cell }: { readonly controller: NotebookController; readonly cell: CellView }) {
  const t = useText();
  const count = useSelected(controller.sections.view, (view) => view.hidden.get(cell.id) ?? 0);
  if (count === 0) return null;
  return (
    <div className={styles.hidden}>
      <Button variant="quiet" size="small" onPress={() => controller.sections.toggle(cell.id)}>
        {t("notebook.hiddenCells", { count })}
      </Button>
      <HiddenWork controller={controller} id={cell.id} />
    </div>
  );
}

const WORK = ["running", "waiting", "failed"] as const;

function HiddenWork({ controller, id }: { readonly controller: NotebookController; readonly id: CellId }) {
  const t = useText();
  const work = useObservable(useMemo(() => sectionWork(controller, id), [controller, id]));
  return WORK.filter((kind) => work[kind] > 0).map((kind) => (
    <span key={kind} className={styles.work} data-work={kind}>
      {t(`notebook.section_${kind}`, { count: work[kind] })}
    </span>
  ));
}

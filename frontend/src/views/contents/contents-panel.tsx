import { useEffect, useState } from "react";
import type { CellId } from "../../core/cell.ts";
import type { Observable } from "../../core/observable.ts";
import { onChange } from "../../doc/changes.ts";
import type { NotebookDoc } from "../../doc/notebook-doc.ts";
import { useSelected, useText } from "../../ui/use-observable.ts";
import styles from "./contents-panel.module.css";
import { type Heading, headingsOf } from "./headings.ts";

export interface ContentsPanelProps {
  readonly doc: NotebookDoc;
  readonly active: Observable<{ readonly active: CellId | null }>;
  /** Shows and selects a cell. */
  readonly onGo: (cellId: CellId) => void;
}

/** The table of contents: every heading of the text cells, as links to their cells. */
export function ContentsPanel({ doc, active, onGo }: ContentsPanelProps) {
  const t = useText();
  const headings = useHeadings(doc);
  const activeId = useSelected(active, (selection) => selection.active);
  const here = sectionAt(doc.cellIds(), headings, activeId);
  if (headings.length === 0) return <p className={styles.none}>{t("panels.noHeadings")}</p>;
  const top = Math.min(...headings.map(({ level }) => level));
  return (
    <ol className={styles.list}>
      {headings.map((heading) => (
        <li key={`${heading.cellId}-${heading.place}`}>
          <button
            type="button"
            className={styles.heading}
            data-depth={Math.min(4, heading.level - top)}
            aria-current={heading === here ? "location" : undefined}
            onClick={() => onGo(heading.cellId)}
          >
            {heading.title}
          </button>
        </li>
      ))}
    </ol>
  );
}

/** Typing redraws the list at most this often. */
const CALM_MS = 400;

function useHeadings(doc: NotebookDoc): readonly Heading[] {
  const [headings, setHeadings] = useState(() => readHeadings(doc));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = () => {
      timer = undefined;
      setHeadings((before) => sameOr(before, readHeadings(doc)));
    };
    const later = () => {
      timer ??= setTimeout(read, CALM_MS);
    };
    read();
    const end = onChange(doc.doc, later);
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [doc]);
  return headings;
}

function readHeadings(doc: NotebookDoc): readonly Heading[] {
  return doc.cellIds().flatMap((id) => {
    const cell = doc.cell(id);
    return cell?.type === "markdown" ? headingsOf(id, cell.source.toString()) : [];
  });
}

function sameOr(before: readonly Heading[], after: readonly Heading[]): readonly Heading[] {
  return JSON.stringify(before) === JSON.stringify(after) ? before : after;
}

/** The heading of the section that a cell is in: the last one at or above it. */
function sectionAt(ids: readonly CellId[], headings: readonly Heading[], cellId: CellId | null): Heading | null {
  if (cellId === null) return null;
  const positions = new Map(ids.map((id, index) => [id, index]));
  const at = positions.get(cellId) ?? -1;
  const first = headings.find((heading) => heading.cellId === cellId);
  return first ?? headings.findLast((heading) => (positions.get(heading.cellId) ?? 0) < at) ?? null;
}

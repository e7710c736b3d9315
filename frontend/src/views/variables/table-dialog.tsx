import { ChevronLeft, ChevronRight } from "lucide-react";
import { useRef, useState } from "react";
import { type Opened, PAGE } from "../../kernel/variables.ts";
import { IconButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useText } from "../../ui/use-observable.ts";
import { NotYet } from "./not-yet.tsx";
import { useOpened } from "./use-opened.ts";
import styles from "./variables-panel.module.css";

export interface TableDialogProps {
  readonly name: string;
  /** The rows from `start` on. */
  readonly ask: (start: number) => Promise<Opened | null>;
  readonly serial: number;
  readonly isBusy: boolean;
  readonly onClose: () => void;
}

/** A data frame or an array, fifty rows at a time. */
export function TableDialog({ name, ask, serial, isBusy, onClose }: TableDialogProps) {
  const t = useText();
  const [start, setStart] = useState(0);
  const asked = useOpened(() => ask(start), String(start), serial);
  const opened = asked.opened;
  // While a page is waited for, the total is what it was: a button that is disabled under the finger loses the focus.
  const total = useRef(0);
  if (opened !== null) total.current = opened.is === "table" ? opened.total : 0;
  const footer = (
    <>
      <span role="status" className={styles.range}>
        {total.current === 0
          ? opened === null
            ? ""
            : t("variables.noRows")
          : t("variables.rows", { from: start + 1, to: Math.min(start + PAGE, total.current), total: total.current })}
      </span>
      <IconButton
        label={t("variables.previous")}
        isPending={start === 0}
        onPress={() => setStart(Math.max(0, start - PAGE))}
      >
        <ChevronLeft size={18} aria-hidden />
      </IconButton>
      <IconButton
        label={t("variables.next")}
        isPending={start + PAGE >= total.current}
        onPress={() => setStart(start + PAGE)}
      >
        <ChevronRight size={18} aria-hidden />
      </IconButton>
    </>
  );
  return (
    <Dialog title={name} isOpen size="full" onClose={onClose} footer={footer}>
      {opened === null ? (
        <NotYet asked={asked} isBusy={isBusy} />
      ) : opened.is === "table" ? (
        <Rows table={opened} />
      ) : (
        <p>{t("variables.gone")}</p>
      )}
    </Dialog>
  );
}

function Rows({ table }: { readonly table: Extract<Opened, { is: "table" }> }) {
  const t = useText();
  const { columns, index, rows, width } = table;
  return (
    <>
      {width > columns.length ? (
        <p className={styles.hint}>{t("variables.columns", { shown: columns.length, total: width })}</p>
      ) : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <div className={styles.scroller} tabIndex={0}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t("variables.row")}</th>
              {columns.map((column, n) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one name.
                <th key={n} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two rows may have one label.
              <tr key={n}>
                <th scope="row">{index[n] ?? ""}</th>
                {cells.map((cell, column) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place.
                  <td key={column}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

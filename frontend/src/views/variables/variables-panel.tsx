import { ChevronRight, RefreshCw, Table } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Observable } from "../../core/observable.ts";
import { formatBytes, formatNumber } from "../../i18n/t.ts";
import { PAGE, type Path, type Variable } from "../../kernel/variables.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import { NotYet } from "./not-yet.tsx";
import { TableDialog } from "./table-dialog.tsx";
import { useOpened } from "./use-opened.ts";
import { VariablesDesk, type VariablesDeskOptions } from "./variables-desk.ts";
import styles from "./variables-panel.module.css";

export interface VariablesPanelProps extends VariablesDeskOptions {
  /** Of the kernel. */
  readonly status: Observable<{ readonly status: string }>;
}

/** What the kernel has in memory, by name. */
export function VariablesPanel(props: VariablesPanelProps) {
  const desk = useDesk(props);
  return desk === null ? null : <Variables desk={desk} status={props.status} />;
}

/** Made in an effect, because what it listens to must be left. */
function useDesk(props: VariablesPanelProps): VariablesDesk | null {
  const [desk, setDesk] = useState<VariablesDesk | null>(null);
  const first = useRef(props);
  useEffect(() => {
    const made = new VariablesDesk(first.current);
    setDesk(made);
    return () => made.close();
  }, []);
  return desk;
}

interface VariablesProps {
  readonly desk: VariablesDesk;
  readonly status: VariablesPanelProps["status"];
}

function Variables({ desk, status }: VariablesProps) {
  const t = useText();
  const { phase, listing, language, serial } = useObservable(desk.state);
  const isBusy = useObservable(status).status === "busy";
  const [wanted, setWanted] = useState("");
  const [hasOthers, setHasOthers] = useState(false);
  const [table, setTable] = useState<{ readonly path: Path; readonly name: string } | null>(null);
  if (phase === "foreign") return <p className={styles.note}>{t("variables.foreign", { language })}</p>;
  if (listing === null)
    return phase === "silent" ? (
      <div className={styles.note}>
        <p>{t("variables.silent")}</p>
        <Button onPress={() => desk.refresh()}>{t("variables.refresh")}</Button>
      </div>
    ) : (
      <div className={styles.note}>
        <Spinner label={t("variables.waiting")} />
      </div>
    );
  const kinds = listing.variables.filter((one) => hasOthers || one.kind === "value");
  const shown = kinds.filter(({ name, type }) => `${name} ${type}`.toLowerCase().includes(wanted.trim().toLowerCase()));
  const beyond = listing.total - listing.variables.length;
  const open = { desk, serial, isBusy, onTable: (path: Path, name: string) => setTable({ path, name }) };
  return (
    <div className={styles.panel}>
      <div className={styles.bar}>
        <div className={styles.filter}>
          <TextField
            label={t("variables.filter")}
            isLabelHidden
            placeholder={t("variables.filter")}
            value={wanted}
            onChange={setWanted}
            data-panel-focus=""
          />
        </div>
        <IconButton label={t("variables.refresh")} size="small" onPress={() => desk.refresh()}>
          <RefreshCw size={16} aria-hidden />
        </IconButton>
      </div>
      <div className={styles.choice}>
        <Checkbox isSelected={hasOthers} onChange={setHasOthers}>
          {t("variables.others")}
        </Checkbox>
      </div>
      {listing.isWhole ? null : <p className={styles.hint}>{t("variables.plain")}</p>}
      {phase === "silent" ? <p className={styles.hint}>{t("variables.silent")}</p> : null}
      {shown.length === 0 ? (
        <p className={styles.note}>{t(kinds.length === 0 ? "variables.empty" : "variables.noneMatch")}</p>
      ) : (
        <ul className={styles.list} aria-label={t("variables.list")}>
          {shown.map((one) => (
            <Row key={one.name} variable={one} path={[one.name]} open={open} />
          ))}
        </ul>
      )}
      {beyond > 0 ? <p className={styles.hint}>{t("variables.more", { count: beyond })}</p> : null}
      {table === null ? null : (
        <TableDialog
          name={table.name}
          ask={(start) => desk.open(table.path, start)}
          serial={serial}
          isBusy={isBusy}
          onClose={() => setTable(null)}
        />
      )}
    </div>
  );
}

interface Opening {
  readonly desk: VariablesDesk;
  readonly serial: number;
  readonly isBusy: boolean;
  readonly onTable: (path: Path, name: string) => void;
}

interface RowProps {
  readonly variable: Variable;
  readonly path: Path;
  readonly open: Opening;
}

/** One variable: its name and what it is, its value in short; a press opens what can be opened. */
function Row({ variable, path, open }: RowProps) {
  const [isOpen, setOpen] = useState(false);
  const { opens } = variable;
  if (opens === null)
    return (
      <li>
        <div className={styles.row}>
          <Facts variable={variable} mark={null} />
        </div>
      </li>
    );
  const isTable = opens === "table";
  return (
    <li>
      <button
        type="button"
        className={styles.row}
        aria-expanded={isTable ? undefined : isOpen}
        aria-haspopup={isTable ? "dialog" : undefined}
        onClick={() => (isTable ? open.onTable(path, variable.name) : setOpen(!isOpen))}
      >
        <Facts
          variable={variable}
          mark={
            isTable ? <Table size={14} aria-hidden /> : <ChevronRight size={14} aria-hidden className={styles.arrow} />
          }
        />
      </button>
      {isOpen && !isTable ? <Inside path={path} open={open} /> : null}
    </li>
  );
}

function Facts({ variable, mark }: { readonly variable: Variable; readonly mark: ReactNode }) {
  const { name, type, shape, bytes, preview } = variable;
  const facts = [type, shapeText(shape), bytes === null ? "" : formatBytes(bytes)].filter((fact) => fact !== "");
  return (
    <>
      <span className={styles.mark}>{mark}</span>
      <span className={styles.name}>{name}</span>
      <span className={styles.facts}>{facts.join(" · ")}</span>
      {preview === "" ? null : <span className={styles.preview}>{preview}</span>}
    </>
  );
}

/** `300 × 40`, or the length of what has one side. */
function shapeText(shape: readonly number[] | null): string {
  return shape === null ? "" : shape.map(formatNumber).join(" × ");
}

function Inside({ path, open }: { readonly path: Path; readonly open: Opening }) {
  const t = useText();
  const [pages, setPages] = useState(1);
  return (
    <div className={styles.inside}>
      {Array.from({ length: pages }, (_, page) => (
        <Page
          // biome-ignore lint/suspicious/noArrayIndexKey: a page is its number.
          key={page}
          path={path}
          start={page * PAGE}
          open={open}
          more={
            page === pages - 1 ? (
              <Button size="small" onPress={() => setPages(pages + 1)}>
                {t("variables.showMore")}
              </Button>
            ) : null
          }
        />
      ))}
    </div>
  );
}

interface PageProps {
  readonly path: Path;
  readonly start: number;
  readonly open: Opening;
  /** Shown under the last page when there is more. */
  readonly more: ReactNode;
}

function Page({ path, start, open, more }: PageProps) {
  const t = useText();
  const asked = useOpened(() => open.desk.open(path, start), `${start}`, open.serial);
  if (asked.opened === null) return <NotYet asked={asked} isBusy={open.isBusy} />;
  const { opened } = asked;
  if (opened.is === "text")
    return (
      <>
        <pre className={styles.text}>{opened.text}</pre>
        {opened.total > opened.text.length ? (
          <p className={styles.hint}>{t("variables.cut", { shown: opened.text.length, total: opened.total })}</p>
        ) : null}
      </>
    );
  if (opened.is !== "values") return <p className={styles.hint}>{t("variables.gone")}</p>;
  if (opened.total === 0) return <p className={styles.hint}>{t("variables.nothing")}</p>;
  return (
    <>
      <ul className={styles.list}>
        {opened.values.map((one, index) => {
          const at = start + index;
          return <Row key={at} variable={one} path={[...path, at]} open={open} />;
        })}
      </ul>
      {start + opened.values.length < opened.total ? more : null}
    </>
  );
}

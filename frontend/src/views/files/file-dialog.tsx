import type { EditorView } from "@codemirror/view";
import { useEffect, useMemo, useRef, useState } from "react";
import { openTextEditor } from "../../editor/text-editor.ts";
import { type FileEntry, FileError, type RuntimeFiles, type TextFile } from "../../kernel/files.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog, Dialog } from "../../ui/dialog.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./files-panel.module.css";
import { imageType, languageOf, previewOf, readTable, separatorOf } from "./preview.ts";
import { troubleText } from "./trouble.ts";

export interface FileDialogProps {
  readonly files: RuntimeFiles;
  readonly entry: FileEntry;
  readonly onDownload: () => void;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

type Content =
  | { readonly kind: "text"; readonly file: TextFile }
  | { readonly kind: "image" | "pdf"; readonly url: string }
  | { readonly kind: "none" };
type Loaded = { readonly content: Content } | { readonly error: unknown } | null;

const TABLE_ROWS = 500;

/** Shows one file: an image, a table, or text that can be edited. */
export function FileDialog({ files, entry, onDownload, onSaved, onClose }: FileDialogProps) {
  const t = useText();
  const kind = previewOf(entry.name, entry.sizeBytes);
  const [loaded, retry] = useContent(files, entry);
  const [isTable, setTable] = useState(kind === "table");
  const [isDirty, setDirty] = useState(false);
  const [asksToLeave, setAsksToLeave] = useState(false);
  const [saving, setSaving] = useState<"no" | "busy" | "saved">("no");
  const [problem, setProblem] = useState<unknown>(null);
  const editor = useRef<EditorView | null>(null);
  const version = useRef<string | null>(null);
  const content = loaded && "content" in loaded ? loaded.content : null;
  const leave = () => (isDirty ? setAsksToLeave(true) : onClose());
  const save = async (over: "mine_if_unchanged" | "mine") => {
    const view = editor.current;
    if (view === null) return;
    const text = view.state.doc.toString();
    setProblem(null);
    setSaving("busy");
    try {
      const saved = await files.writeText(entry.path, text, over === "mine" ? null : version.current);
      version.current = saved.version;
      setDirty(view.state.doc.toString() !== text);
      setSaving("saved");
      onSaved();
    } catch (error) {
      setSaving("no");
      setProblem(error);
    }
  };
  const hasConflict = problem instanceof FileError && problem.trouble === "changed";
  const isText = content?.kind === "text" && !isTable;
  return (
    <>
      <Dialog
        title={entry.name}
        isOpen
        size="wide"
        onClose={leave}
        footer={
          <>
            {problem !== null && !hasConflict ? (
              <span role="alert" className={styles.footNote}>
                {troubleText(problem)}
              </span>
            ) : (
              <span role="status" className={styles.footNote}>
                {isDirty ? t("files.notSaved") : saving === "saved" ? t("files.saved") : ""}
              </span>
            )}
            {kind === "table" && content?.kind === "text" ? (
              <Button onPress={() => setTable(!isTable)} isDisabled={isDirty}>
                {t(isTable ? "files.asText" : "files.asTable")}
              </Button>
            ) : null}
            <Button onPress={onDownload}>{t("files.download")}</Button>
            {isText ? (
              <Button
                variant="primary"
                isPending={saving === "busy"}
                isDisabled={!isDirty}
                onPress={() => void save("mine_if_unchanged")}
              >
                {t("files.save")}
              </Button>
            ) : null}
          </>
        }
      >
        {loaded === null ? <Spinner label={t("files.loading", { name: entry.name })} size={20} /> : null}
        {loaded && "error" in loaded ? (
          <div role="alert">
            <p>{troubleText(loaded.error)}</p>
            <Button onPress={retry}>{t("shell.retry")}</Button>
          </div>
        ) : null}
        {content?.kind === "none" ? <p>{t("files.noPreview")}</p> : null}
        {content?.kind === "pdf" ? (
          <p>
            <a href={content.url} target="_blank" rel="noopener" className={styles.openOutside}>
              {t("files.openPdf", { name: entry.name })}
            </a>{" "}
            {t("files.pdfText")}
          </p>
        ) : null}
        {content?.kind === "image" ? <img src={content.url} alt={entry.name} className={styles.picture} /> : null}
        {content?.kind === "text" && isTable ? <Table name={entry.name} text={content.file.text} /> : null}
        {content?.kind === "text" && !isTable ? (
          <TextArea
            key={content.file.version}
            entry={entry}
            file={content.file}
            onEditor={(view) => {
              editor.current = view;
              version.current = content.file.version;
            }}
            onChange={() => {
              setDirty(true);
              setSaving("no");
            }}
            onSave={() => void save("mine_if_unchanged")}
          />
        ) : null}
      </Dialog>
      <ConfirmDialog
        title={t("files.leaveTitle")}
        isOpen={asksToLeave}
        confirm={t("files.leaveConfirm")}
        tone="danger"
        onConfirm={onClose}
        onClose={() => setAsksToLeave(false)}
      >
        <p>{t("files.leaveText", { name: entry.name })}</p>
      </ConfirmDialog>
      <Dialog
        title={t("files.changedTitle", { name: entry.name })}
        isOpen={hasConflict}
        role="alertdialog"
        onClose={() => setProblem(null)}
        footer={
          <>
            <Button onPress={() => setProblem(null)}>{t("shell.cancel")}</Button>
            <Button
              onPress={() => {
                setProblem(null);
                setDirty(false);
                retry();
              }}
            >
              {t("files.reload")}
            </Button>
            <Button variant="danger" onPress={() => void save("mine")}>
              {t("files.overwrite")}
            </Button>
          </>
        }
      >
        <p>{t("files.changedText")}</p>
      </Dialog>
    </>
  );
}

function useContent(files: RuntimeFiles, entry: FileEntry): readonly [Loaded, () => void] {
  const [loaded, setLoaded] = useState<Loaded>(null);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` is there to load again.
  useEffect(() => {
    const stop = new AbortController();
    let url: string | null = null;
    setLoaded(null);
    const load = async (): Promise<Content> => {
      const kind = previewOf(entry.name, entry.sizeBytes);
      if (kind === "none") return { kind };
      if (kind === "text" || kind === "table") return { kind: "text", file: await files.readText(entry.path) };
      const bytes = await files.readPiece(entry.path, 0, Math.max(0, (entry.sizeBytes ?? 1) - 1), stop.signal);
      // The type is ours, whatever the file is: a document of our origin that runs script cannot come of it.
      const type = kind === "pdf" ? "application/pdf" : (imageType(entry.name) ?? "");
      url = URL.createObjectURL(new Blob([bytes], { type }));
      return { kind, url };
    };
    load().then(
      (content) => {
        if (!stop.signal.aborted) setLoaded({ content });
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setLoaded({ error });
      },
    );
    return () => {
      stop.abort();
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [files, entry, attempt]);
  return [loaded, () => setAttempt(attempt + 1)];
}

interface TextAreaProps {
  readonly entry: FileEntry;
  readonly file: TextFile;
  readonly onEditor: (view: EditorView | null) => void;
  readonly onChange: () => void;
  readonly onSave: () => void;
}

function TextArea(props: TextAreaProps) {
  const t = useText();
  const host = useRef<HTMLDivElement>(null);
  const now = useRef(props);
  now.current = props;
  const label = t("files.editorOf", { name: props.entry.name });
  // biome-ignore lint/correctness/useExhaustiveDependencies: one editor for one loaded file (the key of this component).
  useEffect(() => {
    const parent = host.current;
    if (parent === null) return;
    const { entry, file } = now.current;
    const view = openTextEditor({
      parent,
      text: file.text,
      language: languageOf(entry.name),
      label,
      isReadOnly: !entry.isWritable,
      onChange: () => now.current.onChange(),
      onSave: () => now.current.onSave(),
    });
    now.current.onEditor(view);
    return () => {
      now.current.onEditor(null);
      view.destroy();
    };
  }, []);
  return <div ref={host} className={styles.editor} />;
}

function Table({ name, text }: { readonly name: string; readonly text: string }) {
  const t = useText();
  const rows = useMemo(() => readTable(text, separatorOf(name, text), TABLE_ROWS + 1), [name, text]);
  const [head = [], ...body] = rows;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reached by the keyboard.
    <section className={styles.tableBox} tabIndex={0} aria-label={t("files.tableOf", { name })}>
      <table className={styles.table}>
        <thead>
          <tr>
            {head.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other name; they never move.
              <th key={index}>{cell}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a text that does not change.
            <tr key={index}>
              {head.map((_, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: as above.
                <td key={column}>{row[column] ?? ""}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > TABLE_ROWS ? <p className={styles.quiet}>{t("files.tableCut", { count: TABLE_ROWS })}</p> : null}
    </section>
  );
}

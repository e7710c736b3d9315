import { EllipsisVertical, FilePlus, FolderPlus, RefreshCw, Upload } from "lucide-react";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { type FileEntry, joined, parentOf, RuntimeFiles } from "../../kernel/files.ts";
import type { Clock } from "../../kernel/messages.ts";
import type { JupyterServer } from "../../kernel/server.ts";
import { IconButton } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { MenuButton, type MenuEntry } from "../../ui/menu.tsx";
import { TextQuestion } from "../../ui/text-question.tsx";
import { toast } from "../../ui/toast.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import { FileDialog } from "./file-dialog.tsx";
import { FileTree } from "./file-tree.tsx";
import { FilesModel } from "./files-model.ts";
import styles from "./files-panel.module.css";
import { TransferList } from "./transfer-list.tsx";
import { nameProblem, troubleText } from "./trouble.ts";

export interface FilesPanelProps {
  readonly server: JupyterServer;
  readonly clock: Clock;
  /** Folder of the kernel, relative to the server's root: opened at first. */
  readonly folder: string;
  /** The open notebook as a file. */
  readonly notebook: () => Promise<{ readonly name: string; readonly content: Blob }>;
  /** Opens a notebook of that disk, at home there: what changes is written back. */
  readonly openNotebook: (path: string) => Promise<void>;
  /** Puts a notebook file into the hub, beside the open notebook, and goes there. */
  readonly openInHub: (name: string, content: Blob) => Promise<void>;
}

/** Files of the runtime's machine, as far as its server shows them. */
export function FilesPanel(props: FilesPanelProps) {
  const [model, setModel] = useState<FilesModel | null>(null);
  const first = useRef(props);
  useEffect(() => {
    const { server, clock, folder } = first.current;
    const made = new FilesModel(new RuntimeFiles(server.transport), clock);
    if (folder !== "") made.expand(new Set(foldersTo(folder)));
    setModel(made);
    return () => made.close();
  }, []);
  return model === null ? null : <Files {...props} model={model} />;
}

const COPIED_MS = 10 * 60_000;

type Asking =
  | { readonly what: "new_file" | "new_folder"; readonly folder: string }
  | { readonly what: "rename" | "remove" | "show"; readonly entry: FileEntry }
  | { readonly what: "replace"; readonly folder: string; readonly file: Named; readonly rest: readonly Named[] };

interface Named {
  readonly name: string;
  readonly content: Blob;
}

function Files({ model, notebook, openNotebook, openInHub }: FilesPanelProps & { readonly model: FilesModel }) {
  const t = useText();
  const state = useObservable(model.state);
  const [asking, setAsking] = useState<Asking | null>(null);
  const [dropFolder, setDropFolder] = useState<string | null>(null);
  /** For screen readers: what was just done and is not seen otherwise than by looking. */
  const [said, setSaid] = useState("");
  const picker = useRef<HTMLInputElement>(null);
  const pickedFor = useRef("");
  const { files } = model;
  const folderName = (folder: string): string => (folder === "" ? t("files.root") : folder);
  const done = () => setAsking(null);
  const tell = (name: string) => (error: unknown) =>
    toast({ text: t("files.failed", { name, why: troubleText(error) }), tone: "error" });

  /** One after the other; a name that is taken asks first, and the others go on after the answer. */
  const put = async (folder: string, wanted: readonly Named[]): Promise<void> => {
    const [file, ...rest] = wanted;
    if (file === undefined) return;
    const { name, content } = file;
    const problem = nameProblem(name);
    try {
      if (problem !== null) toast({ text: t("files.uploadFailed", { name, why: problem }), tone: "error" });
      else if ((await files.stat(joined(folder, name))) !== null) {
        setAsking({ what: "replace", folder, file, rest });
        return;
      } else model.upload(folder, name, content, { replaces: false, onDone: sayUploaded });
    } catch (error) {
      tell(name)(error);
    }
    await put(folder, rest);
  };
  const sayUploaded = (name: string) => setSaid(t("files.uploaded", { name }));
  const putFiles = (folder: string, list: Iterable<File>) =>
    void put(
      folder,
      [...list].map((file) => ({ name: file.name, content: file })),
    );
  const pick = (folder: string) => {
    pickedFor.current = folder;
    picker.current?.click();
  };
  const fetchFile = (entry: FileEntry) =>
    model.download(entry, (content, drop) => {
      const url = URL.createObjectURL(content);
      const link = document.createElement("a");
      link.href = url;
      link.download = entry.name;
      link.click();
      // Nothing tells when the browser has copied all of it to where the person wants it.
      setTimeout(() => {
        URL.revokeObjectURL(url);
        drop();
      }, COPIED_MS);
    });
  const toHub = (entry: FileEntry) =>
    model.download(entry, (content, drop) => {
      openInHub(entry.name, content).catch(tell(entry.name)).finally(drop);
    });
  const openHere = (entry: FileEntry) => {
    const close = toast({ text: t("files.opening", { name: entry.name }) });
    openNotebook(entry.path).then(close, (error: unknown) => {
      close();
      tell(entry.name)(error);
    });
  };
  const saveCopy = (folder: string) => {
    notebook().then((file) => put(folder, [file]), tell(""));
  };
  const folderEntries = (folder: string): readonly MenuEntry[] => [
    item("new_file", t("files.newFile"), () => setAsking({ what: "new_file", folder })),
    item("new_folder", t("files.newFolder"), () => setAsking({ what: "new_folder", folder })),
    item("upload", t("files.upload"), () => pick(folder)),
    item("copy", t("files.saveCopy"), () => saveCopy(folder)),
  ];
  const menuOf = (entry: FileEntry): readonly MenuEntry[] => [
    ...(entry.kind === "directory"
      ? folderEntries(entry.path)
      : [
          ...(entry.kind === "notebook"
            ? [
                item("notebook", t("files.openAsNotebook"), () => openHere(entry)),
                item("hub", t("files.openNotebook"), () => void toHub(entry)),
              ]
            : []),
          item("open", t(entry.kind === "notebook" ? "files.openAsText" : "files.open"), () =>
            setAsking({ what: "show", entry }),
          ),
          item("download", t("files.download"), () => void fetchFile(entry)),
        ]),
    { kind: "separator", id: "line" },
    item("rename", t("files.rename"), () => setAsking({ what: "rename", entry })),
    {
      kind: "item",
      id: "remove",
      label: t("files.remove"),
      tone: "danger",
      onAction: () => setAsking({ what: "remove", entry }),
    },
  ];
  const dialog = () => {
    if (asking === null) return null;
    switch (asking.what) {
      case "new_file":
      case "new_folder": {
        const { folder, what } = asking;
        const title = what === "new_file" ? "files.newFileTitle" : "files.newFolderTitle";
        return (
          <TextQuestion
            title={t(title, { folder: folderName(folder) })}
            label={t("files.nameLabel")}
            initial=""
            confirm={t("files.create")}
            problem={nameProblem}
            why={troubleText}
            onAnswer={async (name) => {
              await files.create(joined(folder, name), what === "new_file" ? "file" : "directory");
              await model.open(folder);
            }}
            onClose={done}
          />
        );
      }
      case "rename": {
        const { entry } = asking;
        const folder = parentOf(entry.path);
        return (
          <TextQuestion
            title={t("files.renameTitle", { name: entry.name })}
            label={t("files.nameLabel")}
            initial={entry.name}
            confirm={t("files.save")}
            selects={(name) => (name.lastIndexOf(".") > 0 ? name.lastIndexOf(".") : name.length)}
            problem={nameProblem}
            why={troubleText}
            onAnswer={async (name) => {
              if (name !== entry.name) await files.rename(entry.path, joined(folder, name));
              await model.look(folder);
            }}
            onClose={done}
          />
        );
      }
      case "remove": {
        const { entry } = asking;
        return (
          <ConfirmDialog
            title={t("files.removeTitle", { name: entry.name })}
            isOpen
            confirm={t("files.removeConfirm")}
            tone="danger"
            onConfirm={() => {
              done();
              model.remove(entry.path).catch(tell(entry.name));
            }}
            onClose={done}
          >
            <p>{t(entry.kind === "directory" ? "files.removeFolder" : "files.removeFile")}</p>
          </ConfirmDialog>
        );
      }
      case "replace": {
        const { folder, file, rest } = asking;
        const next = () => {
          done();
          void put(folder, rest);
        };
        return (
          <ConfirmDialog
            title={t("files.replaceTitle", { name: file.name })}
            isOpen
            confirm={t("files.replaceConfirm")}
            tone="danger"
            onConfirm={() => {
              model.upload(folder, file.name, file.content, { replaces: true, onDone: sayUploaded });
              next();
            }}
            onClose={next}
          >
            <p>{t("files.replaceText", { folder: folderName(folder) })}</p>
          </ConfirmDialog>
        );
      }
      case "show":
        return (
          <FileDialog
            files={files}
            entry={asking.entry}
            onDownload={() => void fetchFile(asking.entry)}
            onSaved={() => void model.look(parentOf(asking.entry.path))}
            onClose={done}
          />
        );
    }
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping files; the button "Upload…" does the same for keyboards.
    <div
      className={styles.panel}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setDropFolder(folderUnder(event));
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDropFolder(null);
      }}
      onDrop={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setDropFolder(null);
        putFiles(folderUnder(event), event.dataTransfer.files);
      }}
    >
      <div className={styles.bar}>
        <IconButton
          label={t("files.newFile")}
          size="small"
          onPress={() => setAsking({ what: "new_file", folder: "" })}
          data-panel-focus=""
        >
          <FilePlus size={16} aria-hidden />
        </IconButton>
        <IconButton
          label={t("files.newFolder")}
          size="small"
          onPress={() => setAsking({ what: "new_folder", folder: "" })}
        >
          <FolderPlus size={16} aria-hidden />
        </IconButton>
        <IconButton label={t("files.upload")} size="small" onPress={() => pick("")}>
          <Upload size={16} aria-hidden />
        </IconButton>
        <span className={styles.spring} />
        <IconButton label={t("files.refresh")} size="small" onPress={() => model.lookAgain()}>
          <RefreshCw size={16} aria-hidden />
        </IconButton>
        <MenuButton
          label={t("files.more")}
          placement="bottom end"
          entries={[item("copy", t("files.saveCopy"), () => saveCopy(""))]}
        >
          <IconButton label={t("files.more")} size="small">
            <EllipsisVertical size={16} aria-hidden />
          </IconButton>
        </MenuButton>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label={t("files.upload")}
          onChange={(event) => {
            putFiles(pickedFor.current, event.currentTarget.files ?? []);
            event.currentTarget.value = "";
          }}
        />
      </div>
      {dropFolder === null ? null : (
        <p className={styles.drop}>{t("files.dropHere", { folder: folderName(dropFolder) })}</p>
      )}
      <FileTree
        state={state}
        onExpand={(folders) => model.expand(folders)}
        onOpen={(entry) => (entry.kind === "notebook" ? openHere(entry) : setAsking({ what: "show", entry }))}
        menuOf={menuOf}
      />
      <p role="status" className="visually-hidden">
        {said}
      </p>
      <TransferList transfers={state.transfers} onForget={(transfer) => model.forget(transfer)} />
      {dialog()}
    </div>
  );
}

function item(id: string, label: string, onAction: () => void): MenuEntry {
  return { kind: "item", id, label, onAction };
}

/** `a/b/c` as `a`, `a/b`, `a/b/c`. */
function foldersTo(folder: string): readonly string[] {
  const names = folder.split("/");
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

/** The folder that what is dropped there goes into: also at the edge of a row, which is wider than what is drawn in it. */
function folderUnder({ target }: DragEvent): string {
  const place = target instanceof Element ? target : null;
  const under =
    place?.closest<HTMLElement>("[data-folder]") ??
    place?.closest("[role=row]")?.querySelector<HTMLElement>("[data-folder]");
  return under?.dataset["folder"] ?? "";
}

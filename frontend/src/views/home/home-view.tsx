import { ChevronDown, NotebookText, Plus, RefreshCw, Search, Trash2, Upload } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import type { FilePlace, Folder, HubClient, Notebook } from "../../api/client.ts";
import { formatAgo } from "../../i18n/t.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { CopyLine } from "../../ui/copy-line.tsx";
import { MenuButton, type MenuEntry } from "../../ui/menu.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { toast } from "../../ui/toast.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import { FolderTree } from "./folder-tree.tsx";
import { HomeDialogs, type ShareFolder } from "./home-dialogs.tsx";
import { HomeModel } from "./home-model.ts";
import styles from "./home-view.module.css";
import { rowMenu } from "./row-menu.tsx";
import { SearchPanel } from "./search-panel.tsx";
import { folderName, isForTab, parentOf, placeOf, type Row } from "./tree-model.ts";
import { useHomeActions } from "./use-home-actions.ts";

const shownRecent = 6;

export interface HomeViewProps {
  readonly hub: HubClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** In a team there are notebooks that others share. */
  readonly mode: "one_person" | "team";
  readonly shareFolder: ShareFolder;
  readonly notebookHref: (id: string) => string;
  readonly onShow: (notebookId: string) => void;
}

/** A person's notebooks: recent ones, the bound folders, search, and everything that is done with files. */
export function HomeView({ hub, now, mode, shareFolder, notebookHref, onShow }: HomeViewProps) {
  const t = useText();
  const model = useMemo(() => new HomeModel(hub), [hub]);
  const state = useObservable(model.state);
  const actions = useHomeActions(model, onShow, notebookHref);
  const [query, setQuery] = useState("");
  const uploads = useUploadPicker((directory, files) => void actions.upload(directory, files));
  useEffect(() => {
    void model.refresh();
    // Files change behind the page's back: look again when the person comes back to it.
    const look = () => document.visibilityState === "visible" && void model.refresh();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [model]);

  const usable = state.folders.filter((folder) => folder.state === "ok");
  const writable = usable.filter((folder) => folder.role === "editor" || folder.role === "owner");
  const directories = writable.map((folder) => ({ folderId: folder.id, path: folder.root }));
  const onlyDirectory = directories.length === 1 ? (directories[0] ?? null) : null;
  const choose = (act: (directory: FilePlace) => void): readonly MenuEntry[] =>
    writable.map((folder) => ({
      kind: "item",
      id: `${folder.id}:${folder.root}`,
      label: folderName(folder, t),
      ...(folder.owner === null
        ? { description: folder.path }
        : { description: t("home.sharedBy", { name: folder.owner }) }),
      onAction: () => act({ folderId: folder.id, path: folder.root }),
    }));
  const drops = {
    onUpload: (directory: FilePlace, files: readonly File[]) => void actions.upload(directory, files),
    onMove: (place: FilePlace, directory: FilePlace) => void actions.moveOrTell(place, directory),
    rootDirectory: onlyDirectory,
    onNowhere: () => void toast({ text: t("home.uploadWhere") }),
    isDirectory: (key: string) => isDirectory(state, key),
  };

  return (
    <main className={styles.page} id="content" tabIndex={-1}>
      <title>{`${t("shell.home")} · Runhere`}</title>
      <div className={styles.head}>
        <h1 className={styles.title}>{t("home.title")}</h1>
        <InFolder label={t("home.upload")} only={onlyDirectory} entries={choose(uploads.pick)} onOnly={uploads.pick}>
          <Upload size={16} aria-hidden />
        </InFolder>
        <InFolder
          label={t("home.newNotebook")}
          isPrimary
          only={onlyDirectory}
          entries={choose((directory) => void actions.create(directory))}
          onOnly={(directory) => void actions.create(directory)}
        >
          <Plus size={16} aria-hidden />
        </InFolder>
      </div>
      {uploads.element}
      {/* biome-ignore lint/a11y/useSemanticElements: <search> is not known to older screen readers. */}
      <div role="search">
        <SearchField query={query} onChange={setQuery} />
      </div>
      {query.trim() !== "" ? (
        <section className={styles.section} aria-label={t("home.searchResults")}>
          <SearchPanel
            hub={hub}
            folders={state.folders}
            query={query.trim()}
            onOpen={(place) => void actions.open(place)}
            onOpenInTab={(place) => void actions.openInTab(place)}
          />
        </section>
      ) : (
        <>
          <FailureNotice failure={state.failure} onRetry={() => void model.refresh()} />
          {state.phase === "loading" ? <Spinner label={t("shell.loading")} /> : null}
          {state.recent.length > 0 ? (
            <section className={styles.section} aria-labelledby="home-recent">
              <div className={styles.sectionHead}>
                <h2 className={styles.sectionTitle} id="home-recent">
                  {t("home.recent")}
                </h2>
              </div>
              <ul className={styles.recent}>
                {state.recent.slice(0, shownRecent).map((notebook) => (
                  <li key={notebook.id}>
                    <RecentCard
                      notebook={notebook}
                      now={now()}
                      href={notebookHref(notebook.id)}
                      onOpen={() => void actions.open({ folderId: notebook.folder_id, path: notebook.path })}
                    />
                  </li>
                ))}
              </ul>
            </section>
          ) : null}
          {state.shared.length > 0 ? (
            <section className={styles.section} aria-labelledby="home-shared">
              <div className={styles.sectionHead}>
                <h2 className={styles.sectionTitle} id="home-shared">
                  {t("home.shared")}
                </h2>
              </div>
              <ul className={styles.recent}>
                {state.shared.map((notebook) => (
                  <li key={notebook.id}>
                    <RecentCard
                      notebook={notebook}
                      now={now()}
                      href={notebookHref(notebook.id)}
                      onOpen={() => onShow(notebook.id)}
                    />
                  </li>
                ))}
              </ul>
            </section>
          ) : null}
          {state.phase === "ready" ? (
            <section className={styles.section} aria-labelledby="home-folders">
              <div className={styles.sectionHead}>
                <h2 className={styles.sectionTitle} id="home-folders">
                  {t("home.folders")}
                </h2>
                <IconButton label={t("home.refresh")} onPress={() => void model.refresh()}>
                  <RefreshCw size={17} aria-hidden />
                </IconButton>
                <Button variant="quiet" onPress={() => actions.setDialog({ kind: "trash" })}>
                  <Trash2 size={16} aria-hidden />
                  {t("home.trashOpen")}
                </Button>
              </div>
              {state.folders.length === 0 ? (
                <NoFolders />
              ) : (
                <FolderTree
                  state={state}
                  now={now()}
                  onExpand={(keys) => model.setExpanded(keys)}
                  onOpen={(place) => void actions.open(place)}
                  onOpenInTab={(place) => void actions.openInTab(place)}
                  menuOf={(row) => rowMenu(row, t, actions, uploads.pick, mode, kindOf(row, state.folders))}
                  drops={drops}
                />
              )}
            </section>
          ) : null}
        </>
      )}
      <HomeDialogs model={model} state={state} actions={actions} now={now()} shareFolder={shareFolder} />
    </main>
  );
}

function isDirectory(state: { readonly listings: ReadonlyMap<string, unknown> }, key: string): boolean {
  const place = placeOf(key);
  if (!place) return false;
  if (place.path === "" || state.listings.has(key)) return true;
  const listing = state.listings.get(`${place.folderId}:${parentOf(place).path}`) as
    | { entries?: readonly { path: string; kind: string }[] }
    | undefined;
  return listing?.entries?.some((entry) => entry.path === place.path && entry.kind === "folder") ?? false;
}

function SearchField({ query, onChange }: { readonly query: string; readonly onChange: (query: string) => void }) {
  const t = useText();
  return (
    <TextField
      label={t("home.search")}
      isLabelHidden
      type="search"
      placeholder={t("home.searchPlaceholder")}
      icon={<Search size={16} aria-hidden />}
      value={query}
      onChange={onChange}
      onKeyDown={(event) => {
        if (event.key === "Escape" && query !== "") onChange("");
        else event.continuePropagation();
      }}
      autoComplete="off"
    />
  );
}

function FailureNotice({ failure, onRetry }: { readonly failure: string | null; readonly onRetry: () => void }) {
  const t = useText();
  if (failure === null) return null;
  return (
    <Notice tone="danger" isLive>
      <strong>{t("home.failedTitle")}</strong>
      <p>{failure}</p>
      <div>
        <Button size="small" onPress={onRetry}>
          {t("shell.retry")}
        </Button>
      </div>
    </Notice>
  );
}

/** A button that acts in the only folder, or asks in which one. */
function InFolder(props: {
  readonly label: string;
  readonly isPrimary?: boolean;
  readonly only: FilePlace | null;
  readonly entries: readonly MenuEntry[];
  readonly onOnly: (directory: FilePlace) => void;
  readonly children: ReactNode;
}) {
  const { label, isPrimary = false, only, entries, onOnly, children } = props;
  const variant = isPrimary ? "primary" : "secondary";
  if (only || entries.length === 0) {
    return (
      <Button variant={variant} isDisabled={!only} onPress={() => only && onOnly(only)}>
        {children}
        {label}
      </Button>
    );
  }
  return (
    <MenuButton label={label} entries={entries} placement="bottom end">
      <Button variant={variant}>
        {children}
        {label}
        <ChevronDown size={14} aria-hidden />
      </Button>
    </MenuButton>
  );
}

function RecentCard(props: {
  readonly notebook: Notebook;
  readonly now: number;
  readonly href: string;
  readonly onOpen: () => void;
}) {
  const { notebook } = props;
  const t = useText();
  const folder =
    notebook.owner === null
      ? notebook.folder_path.slice(notebook.folder_path.lastIndexOf("/") + 1)
      : t("home.sharedBy", { name: notebook.owner });
  const when = formatAgo(notebook.opened_at ?? notebook.modified_at, props.now);
  return (
    <a
      className={styles.card}
      href={props.href}
      onClick={(event) => {
        if (isForTab(event)) return;
        event.preventDefault();
        props.onOpen();
      }}
    >
      <NotebookText size={18} aria-hidden />
      <span className={styles.cardName}>{notebook.name}</span>
      <span className={styles.cardInfo} title={notebook.folder_path}>
        {folder === "" ? when : `${folder} · ${when}`}
      </span>
    </a>
  );
}

function NoFolders() {
  const t = useText();
  return (
    <div className={styles.empty}>
      <h3>{t("home.noFoldersTitle")}</h3>
      <p className={styles.muted}>{t("home.noFoldersText")}</p>
      <CopyLine line="runhere ~/notebooks" />
    </div>
  );
}

/** The browser's file chooser, for a directory that is remembered while it is open. */
function useUploadPicker(onFiles: (directory: FilePlace, files: readonly File[]) => void) {
  const input = useRef<HTMLInputElement>(null);
  const directory = useRef<FilePlace | null>(null);
  const pick = (place: FilePlace) => {
    directory.current = place;
    input.current?.click();
  };
  const element = (
    <input
      ref={input}
      type="file"
      accept=".ipynb"
      multiple
      hidden
      onChange={(event) => {
        const files = [...(event.target.files ?? [])];
        event.target.value = "";
        if (directory.current && files.length > 0) onFiles(directory.current, files);
      }}
    />
  );
  return { pick, element };
}

function kindOf(row: Row, folders: readonly Folder[]): Folder["kind"] | undefined {
  return row.kind === "folder" ? folders.find((one) => one.id === row.place.folderId)?.kind : undefined;
}

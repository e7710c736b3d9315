import { useEffect, useState } from "react";
import type { FilePlace, Folder, HubClient, SearchResult, SearchResults } from "../../api/client.ts";
import { errorText } from "../../i18n/error-text.ts";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./search-panel.module.css";
import { isForTab, splitAtMatches } from "./tree-model.ts";

/** How long typing must pause before the hub is asked. */
const pauseMs = 180;
const shownMatches = 3;

type Answer =
  | { readonly query: string; readonly results: SearchResults; readonly error: null }
  | { readonly query: string; readonly results: null; readonly error: string };

export interface SearchPanelProps {
  readonly hub: HubClient;
  readonly folders: readonly Folder[];
  readonly query: string;
  readonly onOpen: (place: FilePlace) => void;
  readonly onOpenInTab: (place: FilePlace) => void;
}

/** Notebooks whose name or text holds the query. */
export function SearchPanel({ hub, folders, query, onOpen, onOpenInTab }: SearchPanelProps) {
  const t = useText();
  const [answer, setAnswer] = useState<Answer | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      hub
        .search(query, { limit: 50, signal: stop.signal })
        .then((results) => setAnswer({ query, results, error: null }))
        .catch((error: unknown) => {
          if (!stop.signal.aborted) setAnswer({ query, results: null, error: errorText(error) });
        });
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [hub, query]);

  if (answer === null) return <Spinner label={t("shell.loading")} />;
  if (answer.results === null) {
    return (
      <Notice tone="danger" isLive>
        {answer.error}
      </Notice>
    );
  }
  const { results, is_complete, unreadable } = answer.results;
  return (
    <>
      <p role="status" className={styles.note}>
        {results.length === 0
          ? t("home.searchNothing", { query: answer.query })
          : t("home.searchFound", { count: results.length })}
        {is_complete ? "" : ` ${t("home.searchIncomplete")}`}
        {unreadable > 0 ? ` ${t("home.searchUnreadable", { count: unreadable })}` : ""}
      </p>
      <ul className={styles.results}>
        {results.map((result) => (
          <li key={`${result.notebook.folder_id}:${result.notebook.path}`}>
            <Result result={result} folders={folders} query={answer.query} onOpen={onOpen} onOpenInTab={onOpenInTab} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Result(props: {
  readonly result: SearchResult;
  readonly folders: readonly Folder[];
  readonly query: string;
  readonly onOpen: (place: FilePlace) => void;
  readonly onOpenInTab: (place: FilePlace) => void;
}) {
  const { notebook, matches } = props.result;
  const folder = props.folders.find((one) => one.id === notebook.folder_id);
  const place = { folderId: notebook.folder_id, path: notebook.path };
  const sources = matches.filter((match) => match.kind === "source").slice(0, shownMatches);
  return (
    <button
      type="button"
      className={styles.result}
      onClick={(event) => (isForTab(event) ? props.onOpenInTab(place) : props.onOpen(place))}
      onAuxClick={(event) => isForTab(event) && props.onOpenInTab(place)}
    >
      <span className={styles.head}>
        <span className={styles.name}>
          <Marked text={notebook.name} query={props.query} />
        </span>
        <span className={styles.path}>
          {folder ? `${folder.name}/` : ""}
          {notebook.path}
        </span>
      </span>
      {sources.map((match, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: matches of one answer never change their order.
        <span key={index} className={styles.snippet}>
          <Marked text={match.snippet} query={props.query} />
        </span>
      ))}
    </button>
  );
}

function Marked({ text, query }: { readonly text: string; readonly query: string }) {
  return splitAtMatches(text, query).map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text have no other name.
    index % 2 === 1 ? <mark key={index}>{part}</mark> : part,
  );
}

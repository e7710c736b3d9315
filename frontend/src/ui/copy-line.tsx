import { Check, Copy } from "lucide-react";
import { Fragment, useEffect, useState } from "react";
import { IconButton } from "./button.tsx";
import styles from "./copy-line.module.css";
import { useText } from "./use-observable.ts";

/** A line for a terminal with a button that copies it. */
export function CopyLine({ line, label }: { readonly line: string; readonly label?: string }) {
  const t = useText();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    setCopied(true);
  };
  return (
    <div className={styles.line}>
      <code>
        {/* Options stay whole: a browser would break a line after "--". */}
        {line.split(" ").map((word, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the words of one line have no other name.
          <Fragment key={index}>
            {index > 0 ? " " : ""}
            <span>{word}</span>
          </Fragment>
        ))}
      </code>
      <IconButton
        size="small"
        label={isCopied ? t("shell.copied") : (label ?? t("shell.copy"))}
        onPress={() => void copy()}
      >
        {isCopied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
      </IconButton>
      <span role="status" className="visually-hidden">
        {isCopied ? t("shell.copied") : ""}
      </span>
    </div>
  );
}

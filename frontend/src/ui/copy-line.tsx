import { Check, Copy } from "lucide-react";
import { Fragment, useEffect, useState } from "react";
import { IconButton } from "./button.tsx";
import styles from "./copy-line.module.css";
import { copyText } from "./copy-text.ts";
import { useText } from "./use-observable.ts";

/** A line for a terminal with a button that copies it. */
export function CopyLine({ line, label }: { readonly line: string; readonly label?: string }) {
  const t = useText();
  const [told, setTold] = useState<"copied" | "copyRefused" | null>(null);
  useEffect(() => {
    if (told === null) return;
    const timer = setTimeout(() => setTold(null), told === "copied" ? 2_000 : 10_000);
    return () => clearTimeout(timer);
  }, [told]);
  const copy = () =>
    copyText(line).then(
      () => setTold("copied"),
      () => setTold("copyRefused"),
    );
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
        label={told === "copied" ? t("shell.copied") : (label ?? t("shell.copy"))}
        onPress={() => void copy()}
      >
        {told === "copied" ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
      </IconButton>
      <span role="status" className={told === "copyRefused" ? "" : "visually-hidden"}>
        {told === null ? "" : t(`shell.${told}`)}
      </span>
    </div>
  );
}

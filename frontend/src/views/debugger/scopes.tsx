import { ChevronRight, Maximize2 } from "lucide-react";
import { useEffect, useState } from "react";
import type { DebugVariable } from "../../core/debug-replies.ts";
import type { Halt } from "../../core/debug-session.ts";
import { IconButton } from "../../ui/button.tsx";
import { useText } from "../../ui/use-observable.ts";
import type { DebugDesk } from "./debug-desk.ts";
import styles from "./debugger-panel.module.css";

interface ScopesProps {
  readonly desk: DebugDesk;
  readonly halt: Halt;
}

/** The variables of the chosen frame, by scope. What is open stays open over steps. */
export function Scopes({ desk, halt }: ScopesProps) {
  return (
    <div aria-busy={halt.isMoving || undefined} className={styles.scopes}>
      {halt.scopes.map(({ name, reference }, at) => (
        <Scope key={name} desk={desk} halt={halt} name={name} reference={reference} isFirst={at === 0} />
      ))}
    </div>
  );
}

interface ScopeProps extends ScopesProps {
  readonly name: string;
  readonly reference: number;
  /** Its variables are in the frame itself: they can be displayed by their name. */
  readonly isFirst: boolean;
}

function Scope({ desk, halt, name, reference, isFirst }: ScopeProps) {
  const [isOpen, setOpen] = useState(isFirst);
  return (
    <div>
      <button type="button" className={styles.scope} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <ChevronRight size={14} aria-hidden className={styles.arrow} />
        {name}
      </button>
      {isOpen ? <Values desk={desk} halt={halt} reference={reference} label={name} isShowable={isFirst} /> : null}
    </div>
  );
}

interface ValuesProps extends ScopesProps {
  readonly reference: number;
  readonly label: string;
  readonly isShowable: boolean;
}

function Values({ desk, halt, reference, label, isShowable }: ValuesProps) {
  const t = useText();
  const values = halt.values.get(reference);
  const isKnown = values !== undefined;
  useEffect(() => {
    if (!isKnown) desk.open(reference);
  }, [desk, reference, isKnown]);
  if (values === undefined) return <p className={styles.note}>{t("debugger.asking")}</p>;
  const shown = values.filter((one) => !isGroup(one));
  if (shown.length === 0) return <p className={styles.note}>{t("debugger.noVariables")}</p>;
  return (
    <ul className={styles.list} aria-label={label}>
      {shown.map((one) => (
        <Value key={one.name} desk={desk} halt={halt} variable={one} isShowable={isShowable} />
      ))}
    </ul>
  );
}

/** debugpy puts `special variables` and the like before the others: nobody looks for them. */
function isGroup({ name, value }: DebugVariable): boolean {
  return value === "" && name.endsWith(" variables");
}

interface ValueProps extends ScopesProps {
  readonly variable: DebugVariable;
  readonly isShowable: boolean;
}

function Value({ desk, halt, variable, isShowable }: ValueProps) {
  const t = useText();
  const [isOpen, setOpen] = useState(false);
  const [isDisplayed, setDisplayed] = useState(false);
  const { name, type, value, reference } = variable;
  const facts = (
    <>
      <span className={styles.name}>{name}</span>
      <span className={styles.type}>{type}</span>
      <span className={styles.value}>{value}</span>
    </>
  );
  return (
    <li>
      <div className={styles.point}>
        {reference === 0 ? (
          <div className={styles.variable}>{facts}</div>
        ) : (
          <button type="button" className={styles.variable} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            <ChevronRight size={14} aria-hidden className={styles.arrow} />
            {facts}
          </button>
        )}
        {isShowable && reference !== 0 ? (
          <IconButton
            label={t("debugger.display", { name })}
            size="small"
            aria-pressed={isDisplayed}
            onPress={() => setDisplayed(!isDisplayed)}
          >
            <Maximize2 size={13} aria-hidden />
          </IconButton>
        ) : null}
      </div>
      {isDisplayed ? <Display desk={desk} name={name} of={halt.frames} /> : null}
      {isOpen ? (
        <div className={styles.inside}>
          <Values desk={desk} halt={halt} reference={reference} label={name} isShowable={false} />
        </div>
      ) : null}
    </li>
  );
}

/** Asked again after each stop. */
function Display({ desk, name, of }: { readonly desk: DebugDesk; readonly name: string; readonly of: unknown }) {
  const t = useText();
  const [shown, setShown] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `of` is there to ask again.
  useEffect(() => {
    let isGone = false;
    void desk.display(name).then((display) => {
      const plain = display?.["text/plain"];
      if (!isGone) setShown(typeof plain === "string" ? plain : t("debugger.notDisplayed"));
    });
    return () => {
      isGone = true;
    };
  }, [desk, name, of, t]);
  return <pre className={styles.display}>{shown ?? t("debugger.asking")}</pre>;
}

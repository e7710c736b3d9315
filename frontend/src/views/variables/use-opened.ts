import { useEffect, useRef, useState } from "react";
import type { Opened } from "../../kernel/variables.ts";

export interface Asked {
  /** The last answer. */
  readonly opened: Opened | null;
  readonly isPending: boolean;
}

/**
 * What `ask` answers, asked again when `what` or `serial` changes. The last answer to the same `what` stays until the next one; while one is
 * due, no other is asked for: a kernel that works would have to answer them all in the end.
 */
export function useOpened(ask: () => Promise<Opened | null>, what: string, serial: number): Asked {
  const [asked, setAsked] = useState<Asked & { readonly what: string }>({ opened: null, isPending: true, what });
  const latest = useRef(ask);
  latest.current = ask;
  const due = useRef<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `serial` is there to ask again.
  useEffect(() => {
    if (due.current === what) return;
    due.current = what;
    setAsked((before) => ({ opened: before.what === what ? before.opened : null, isPending: true, what }));
    void latest.current().then((opened) => {
      if (due.current !== what) return;
      due.current = null;
      setAsked((before) => ({ opened: opened ?? before.opened, isPending: false, what }));
    });
  }, [what, serial]);
  return asked.what === what ? asked : { opened: null, isPending: true };
}

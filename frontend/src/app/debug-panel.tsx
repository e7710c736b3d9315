import { useEffect, useState } from "react";
import { Button } from "../ui/button.tsx";
import { Spinner } from "../ui/progress.tsx";
import { useObservable, useText } from "../ui/use-observable.ts";
import { DebuggerPanel } from "../views/debugger/debugger-panel.tsx";
import type { PanelServices } from "./panel-services.ts";

/** The panel, as soon as the debugger is there. */
export function DebuggerOfNotebook({ services }: { readonly services: PanelServices }) {
  const part = useObservable(services.debug.part);
  const t = useText();
  const [isFailed, setFailed] = useState(false);
  useEffect(() => {
    if (part === null && !isFailed) services.debug.load().catch(() => setFailed(true));
  }, [part, isFailed, services]);
  if (part === null)
    return isFailed ? (
      <Button onPress={() => setFailed(false)}>{t("shell.retry")}</Button>
    ) : (
      <Spinner label={t("shell.loading")} />
    );
  const { controller, uncover } = services;
  const { doc } = controller.services;
  return (
    <DebuggerPanel
      desk={part.desk}
      positionOf={(cellId) => doc.cellIds().indexOf(cellId) + 1}
      onGo={(cellId, line) => {
        uncover();
        controller.showLine(cellId, line);
      }}
    />
  );
}

import { useLayoutEffect, useRef } from "react";
import type { CellId } from "../../core/cell.ts";
import { OutputArea, type ShownRun } from "../../outputs/output-area.ts";
import { Button } from "../../ui/button.tsx";
import { useSelected, useText } from "../../ui/use-observable.ts";
import styles from "./cell.module.css";
import type { NotebookController } from "./controller.ts";
import { useBehindMark, useHasOutputs } from "./hooks.ts";
import { outputEnvironment } from "./output-environment.ts";
import { RunNotes } from "./run-notes.tsx";
import { StdinRow } from "./stdin-row.tsx";

interface OutputRegionProps {
  readonly controller: NotebookController;
  readonly id: CellId;
  readonly position: number;
  readonly isHidden: boolean;
}

/** What the cell's run gave. Outputs are drawn past React: a chatty kernel must not redraw the page. */
export function OutputRegion({ controller, id, position, isHidden }: OutputRegionProps) {
  const t = useText();
  const hasOutputs = useHasOutputs(controller, id);
  const asks = useSelected(controller.services.actions.stdin, (question) => question?.cellId === id);
  const region = useBehindMark(controller, id, "outputs");
  if (!hasOutputs && !asks) return <RunNotes controller={controller} id={id} />;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a section would need the same role and name.
    <div
      ref={region}
      role="region"
      aria-label={t("notebook.outputOf", { position: String(position) })}
      className={styles.outputs}
    >
      {isHidden ? (
        <Button variant="quiet" size="small" onPress={() => controller.toggleOutput([id])}>
          {t("notebook.outputHidden")} · {t("notebook.showOutput")}
        </Button>
      ) : (
        <Outputs controller={controller} id={id} />
      )}
      {asks ? <StdinRow controller={controller} id={id} /> : null}
      <RunNotes controller={controller} id={id} />
    </div>
  );
}

function Outputs({ controller, id }: { readonly controller: NotebookController; readonly id: CellId }) {
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!host.current) return;
    const { shownRuns } = controller;
    const { runs } = controller.services;
    const area = new OutputArea(host.current, outputEnvironment(controller));
    const shown = (): ShownRun | null => {
      const run = shownRuns.outputsOf(id);
      return run && { runId: run.run_id, outputs: run.outputs, isOwn: runs.isOwn(run) };
    };
    area.showNow(shown());
    const endShown = controller.showsOutputs(id, { host: host.current, area });
    const end = shownRuns.subscribe(id, () => area.show(shown()));
    return () => {
      end();
      endShown();
      area.dispose();
    };
  }, [controller, id]);
  return <div ref={host} />;
}

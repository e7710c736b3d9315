import { useState } from "react";
import type { Accept, FilePlace } from "../../api/client.ts";
import { errorText } from "../../i18n/error-text.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { useText } from "../../ui/use-observable.ts";
import type { OpenProblem } from "./open-problem.ts";
import { nameOf } from "./tree-model.ts";

export interface OpenProblemDialogProps {
  readonly place: FilePlace;
  readonly problem: OpenProblem;
  /** Opens all the same; rejects with what the dialog then shows. */
  readonly onAccept: (accept: Accept) => Promise<void>;
  readonly onClose: () => void;
}

/** Upgrade, or open what can be read: the person decides, nothing happens to the file before. */
export function OpenProblemDialog({ place, problem, onAccept, onClose }: OpenProblemDialogProps) {
  const t = useText();
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const name = nameOf(place.path);
  const accept = async (how: Accept) => {
    setBusy(true);
    try {
      await onAccept(how);
    } catch (reason) {
      setError(errorText(reason));
      setBusy(false);
    }
  };
  const isUpgrade = problem.kind === "upgrade";
  const canGoOn = isUpgrade || problem.canSalvage;
  return (
    <Dialog
      title={t(isUpgrade ? "home.upgradeTitle" : "home.invalidTitle")}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t(canGoOn ? "shell.cancel" : "shell.close")}</Button>
          {canGoOn ? (
            <Button variant="primary" isPending={isBusy} onPress={() => void accept(isUpgrade ? "upgrade" : "salvage")}>
              {isBusy ? <Spinner /> : null}
              {t(isUpgrade ? "home.upgradeDo" : "home.salvageDo")}
            </Button>
          ) : null}
        </>
      }
    >
      {problem.kind === "upgrade" ? (
        <p>{t("home.upgradeText", { name, format: problem.nbformat })}</p>
      ) : (
        <>
          <p>{t("home.invalidText", { name })}</p>
          <Notice tone="warning">
            <p>
              <strong>{t("home.invalidWhere")}:</strong>{" "}
              {[problem.where, problem.position ? t("home.invalidPosition", problem.position) : ""]
                .filter(Boolean)
                .join(": ")}
            </p>
            <p>
              <strong>{t("home.invalidWhy")}:</strong> {problem.why}
            </p>
          </Notice>
          <p>
            {problem.canSalvage ? t("home.salvageText", { copy: `${name} (recovered)` }) : t("home.notSalvageable")}
          </p>
        </>
      )}
      {error ? (
        <Notice tone="danger" isLive>
          {error}
        </Notice>
      ) : null}
    </Dialog>
  );
}

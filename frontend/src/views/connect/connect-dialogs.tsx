import { withWords } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog, Dialog } from "../../ui/dialog.tsx";
import { closable, latePart } from "../../ui/late-part.ts";
import { useText } from "../../ui/use-observable.ts";

import type { ConnectDialog } from "./connect-desk.ts";
import type { ConnectControlsProps } from "./connect-props.ts";
import { DetailsDialog } from "./details-dialog.tsx";
import { LocalDialog } from "./local-dialog.tsx";
import { SessionsDialog } from "./sessions-dialog.tsx";

const hostedDialog = latePart(
  () => withWords(import("./hosted-dialog.tsx"), "connect", "hosted"),
  (module) => module.HostedDialog,
  closable,
);

/** The dialog that is open. A chunk of its own: the button does not wait for it. */
export function ConnectDialogs(props: ConnectControlsProps & { readonly open: ConnectDialog }) {
  const { open, runtime, desk, notebookName, origin, now } = props;
  const { hosted } = desk;
  const close = () => desk.close();
  switch (open) {
    case "local":
      return <LocalDialog runtime={runtime} origin={origin} onClose={close} />;
    case "hosted":
      return hosted === null ? (
        <NoHostedDialog onLocal={() => desk.show("local")} onClose={close} />
      ) : (
        <hostedDialog.Part
          runtime={runtime}
          access={hosted}
          origin={origin}
          onLocal={() => desk.show("local")}
          onClose={close}
        />
      );
    case "sessions":
      return (
        <SessionsDialog
          runtime={runtime}
          hosted={hosted}
          notebookName={notebookName}
          now={now}
          onConnect={() => desk.show(desk.first)}
          onClose={close}
        />
      );
    case "details":
      return (
        <DetailsDialog
          runtime={runtime}
          origin={origin}
          onKernel={(name) => desk.pickKernel(name)}
          onSessions={() => desk.show("sessions")}
          onOther={() => desk.show("local")}
          onClose={close}
        />
      );
    case "kernel":
      return <KernelQuestion runtime={runtime} wanted={desk.wantedKernel} onClose={close} />;
  }
}

/** The present kernel ends for another one: asked first, as before a restart. */
function KernelQuestion({
  runtime,
  wanted,
  onClose,
}: Pick<ConnectControlsProps, "runtime"> & { readonly wanted: string | null; readonly onClose: () => void }) {
  const t = useText();
  const name = runtime.kernelspecs.get().find((spec) => spec.name === wanted)?.displayName ?? wanted;
  return (
    <ConfirmDialog
      title={name === null ? t("connect.freshTitle") : t("connect.changeTitle", { name })}
      isOpen
      confirm={t(name === null ? "connect.startNewKernel" : "connect.change")}
      tone="danger"
      onConfirm={() => {
        // How the next one comes is told where it is waited for.
        void runtime.newKernel(wanted ?? undefined);
        onClose();
      }}
      onClose={onClose}
    >
      {t("connect.changeText")}
    </ConfirmDialog>
  );
}

function NoHostedDialog({ onLocal, onClose }: { readonly onLocal: () => void; readonly onClose: () => void }) {
  const t = useText();
  return (
    <Dialog
      title={t("connect.hostedTitle")}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t("shell.close")}</Button>
          <Button variant="primary" onPress={onLocal}>
            {t("runtime.localRuntime")}
          </Button>
        </>
      }
    >
      <p>{t("connect.hostedText")}</p>
    </Dialog>
  );
}

import { useState } from "react";
import type { Observable } from "../../core/observable.ts";
import { formatBytes } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
// Not the late one: this comes unasked, and what is typed meanwhile is not for it.
import { Dialog } from "../../ui/dialog-frame.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import type { Question } from "./question.ts";
import styles from "./requests-dialog.module.css";

/** What running code asks of the person: one question at a time, none of them answered by anything but a press. */
export function RequestsDialog({ asked }: { readonly asked: Observable<Question | null> }) {
  const question = useObservable(asked);
  switch (question?.kind) {
    case "secret":
      return <SecretQuestion key={question.name} question={question} />;
    case "upload":
      return <UploadQuestion question={question} />;
    case "download":
      return <DownloadQuestion question={question} />;
    default:
      return null;
  }
}

function SecretQuestion({ question }: { readonly question: Extract<Question, { kind: "secret" }> }) {
  const t = useText();
  const [value, setValue] = useState("");
  const [remember, setRemember] = useState(true);
  const { name, isKept } = question;
  const refuse = () => question.settle(null);
  const give = () => question.settle({ value, remember });
  return (
    <Dialog
      title={t("requests.secretTitle")}
      isOpen
      onClose={refuse}
      onSubmit={() => (isKept || value !== "") && give()}
      footer={
        <>
          <Button onPress={refuse}>{t("requests.refuse")}</Button>
          <Button variant="primary" type="submit" isDisabled={!isKept && value === ""}>
            {t("requests.give")}
          </Button>
        </>
      }
    >
      <p>{t(isKept ? "requests.secretKept" : "requests.secretIntro", { name })}</p>
      {isKept ? null : (
        <TextField
          label={t("requests.secretValue", { name })}
          value={value}
          onChange={setValue}
          type="password"
          autoComplete="off"
          autoFocus
        />
      )}
      <Checkbox isSelected={remember} onChange={setRemember}>
        {t("requests.secretRemember")}
      </Checkbox>
    </Dialog>
  );
}

function UploadQuestion({ question }: { readonly question: Extract<Question, { kind: "upload" }> }) {
  const t = useText();
  const [files, setFiles] = useState<readonly File[]>([]);
  const nothing = () => question.settle(null);
  return (
    <Dialog
      title={t("requests.uploadTitle")}
      isOpen
      onClose={nothing}
      footer={
        <>
          <Button onPress={nothing}>{t("requests.sendNothing")}</Button>
          <Button variant="primary" isDisabled={files.length === 0} onPress={() => question.settle(files)}>
            {t("requests.send")}
          </Button>
        </>
      }
    >
      <p>{t("requests.uploadIntro")}</p>
      <label className={styles.files}>
        {t("requests.chooseFiles")}
        <input type="file" multiple onChange={(event) => setFiles([...(event.target.files ?? [])])} />
      </label>
      <p role="status">{files.length === 0 ? "" : t("requests.chosen", { count: files.length })}</p>
      {files.length === 0 ? null : <p className={styles.name}>{files.map(({ name }) => name).join(", ")}</p>}
    </Dialog>
  );
}

function DownloadQuestion({ question }: { readonly question: Extract<Question, { kind: "download" }> }) {
  const t = useText();
  const refuse = () => question.settle(null);
  return (
    <Dialog
      title={t("requests.downloadTitle")}
      isOpen
      onClose={refuse}
      footer={
        <>
          <Button onPress={refuse}>{t("requests.doNotKeep")}</Button>
          <Button variant="primary" onPress={() => question.settle(true)}>
            {t("requests.keep")}
          </Button>
        </>
      }
    >
      <p className={styles.name}>
        {t("requests.downloadIntro", { name: question.name, size: formatBytes(question.sizeBytes) })}
      </p>
    </Dialog>
  );
}

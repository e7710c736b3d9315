/** What outputs may ask of the page, for one notebook. */
import { type Observable, Value } from "../../core/observable.ts";
import { language, text } from "../../i18n/t.ts";
import type { OutputEnvironment } from "../../outputs/rendered.ts";
import { pageTheme } from "../../outputs/theme.ts";
import { copyText as putOnClipboard } from "../../ui/copy-text.ts";
import { toast } from "../../ui/toast.tsx";
import type { NotebookController } from "./controller.ts";

/** A link that an output wants to open, until the person answers. */
export interface LinkQuestion {
  readonly url: string;
  readonly answer: (opens: boolean) => void;
}

const question = new Value<LinkQuestion | null>(null);
export const linkQuestion: Observable<LinkQuestion | null> = question;

const environments = new WeakMap<NotebookController, OutputEnvironment>();

export function outputEnvironment(controller: NotebookController): OutputEnvironment {
  const known = environments.get(controller);
  if (known) return known;
  const made: OutputEnvironment = {
    confirmLink: (url) =>
      new Promise((resolve) => {
        question.get()?.answer(false);
        question.set({
          url,
          answer: (opens) => {
            question.set(null);
            resolve(opens);
          },
        });
      }),
    copyText: async (copied) => {
      await putOnClipboard(copied).then(
        () => controller.say(text("outputs.copied")),
        () => void toast({ text: text("shell.copyRefused"), tone: "error" }),
      );
    },
    readBlob: controller.services.readBlob,
    theme: pageTheme,
    language: () => language.get(),
    invoke: controller.services.invoke,
    widgets: controller.services.widgets,
  };
  environments.set(controller, made);
  return made;
}

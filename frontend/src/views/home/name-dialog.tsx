import { errorText } from "../../i18n/error-text.ts";
import { TextQuestion } from "../../ui/text-question.tsx";
import { useText } from "../../ui/use-observable.ts";
import { nameProblem } from "./tree-model.ts";

export interface NameDialogProps {
  readonly title: string;
  readonly label: string;
  readonly initial: string;
  readonly confirm: string;
  /** Rejects with what the dialog then shows. */
  readonly onName: (name: string) => Promise<void>;
  readonly onClose: () => void;
}

/** Asks for one name; stays open and says why when the name cannot be had. */
export function NameDialog({ onName, ...question }: NameDialogProps) {
  const t = useText();
  const problemOf = (name: string): string | null => {
    const problem = nameProblem(name);
    return problem && t(problem === "needed" ? "home.nameNeeded" : "home.nameSlash");
  };
  return <TextQuestion {...question} problem={problemOf} onAnswer={onName} why={errorText} />;
}

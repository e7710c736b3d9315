/** The fields of a form whose code is hidden. What is chosen is written into the line of the code that the field stands for. */
import { useId, useState } from "react";
import { type Field, fieldsOf, withValue } from "../../core/form-fields.ts";
import type { CellView, NotebookDoc } from "../../doc/notebook-doc.ts";
import { Checkbox } from "../../ui/checkbox.tsx";
import { Select } from "../../ui/select.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./form-fields.module.css";

interface FormFieldsProps {
  readonly doc: NotebookDoc;
  readonly cell: CellView;
  readonly source: string;
  /** Of the form, for screen readers. */
  readonly title: string;
  readonly isReadOnly: boolean;
}

export function FormFields({ doc, cell, source, title, isReadOnly }: FormFieldsProps) {
  const fields = fieldsOf(source);
  if (fields.length === 0) return null;
  return (
    <fieldset aria-label={title} className={styles.form}>
      {fields.map((field, index) => (
        <Entry
          // Lines move under a person's hands; two fields of one name are told apart by their order.
          key={`${field.name} ${fields.slice(0, index).filter(({ name }) => name === field.name).length}`}
          field={field}
          isDisabled={isReadOnly}
          set={(value) => {
            const written = withValue(cell.source.toString(), field, value);
            if (written !== null) doc.setSource(cell.id, written);
            return written !== null;
          }}
        />
      ))}
    </fieldset>
  );
}

interface EntryProps {
  readonly field: Field;
  readonly isDisabled: boolean;
  /** False: the code takes no such value; nothing was written. */
  readonly set: (value: string) => boolean;
}

function Entry(props: EntryProps) {
  const { field, isDisabled, set } = props;
  switch (field.type) {
    case "boolean":
      return (
        <Checkbox isSelected={field.value === "true"} isDisabled={isDisabled} onChange={(on) => set(String(on))}>
          {field.name}
        </Checkbox>
      );
    case "choice":
      return <Choice {...props} />;
    case "slider":
      return <Slider {...props} />;
    default:
      return <Typed {...props} label={field.name} />;
  }
}

function Choice(props: EntryProps) {
  const t = useText();
  const { field, isDisabled, set } = props;
  // What stands in the code and in no list is shown all the same.
  const choices = [...new Set([...field.choices, field.value])];
  return (
    <div className={styles.choice}>
      <Select
        label={field.name}
        options={choices.map((choice) => ({ id: choice, label: choice }))}
        selected={field.value}
        onSelect={(choice) => void set(choice)}
        isDisabled={isDisabled}
      />
      {field.takesOthers ? <Typed {...props} label={t("forms.other", { name: field.name })} /> : null}
    </div>
  );
}

function Slider({ field, isDisabled, set }: EntryProps) {
  const id = useId();
  const { min, max, step } = field;
  return (
    <div className={styles.slider}>
      <label htmlFor={id}>{field.name}</label>
      <output htmlFor={id}>{field.value}</output>
      <input
        id={id}
        type="range"
        min={min ?? 0}
        max={max ?? 100}
        step={step ?? 1}
        value={field.value}
        disabled={isDisabled}
        onChange={({ target }) => set(target.value)}
      />
    </div>
  );
}

const INPUT_MODES = { integer: "numeric", number: "decimal" } as const;

/** What is typed is written as soon as the code takes it; until then it stands here with the reason. */
function Typed({ field, isDisabled, set, label }: EntryProps & { readonly label: string }) {
  const t = useText();
  const [draft, setDraft] = useState<{ readonly text: string; readonly isTaken: boolean } | null>(null);
  const isNumber = field.type === "integer" || field.type === "number";
  return (
    <TextField
      label={label}
      value={draft?.text ?? field.value}
      isDisabled={isDisabled}
      isCode={field.type === "raw"}
      type={field.type === "date" ? "date" : "text"}
      {...(isNumber ? { inputMode: INPUT_MODES[field.type] } : {})}
      onChange={(text) => setDraft({ text, isTaken: set(text) })}
      onBlur={() => setDraft(null)}
      error={draft?.isTaken === false ? t("forms.notTaken", { value: field.value }) : null}
    />
  );
}

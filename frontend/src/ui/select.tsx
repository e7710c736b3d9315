import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "react-aria-components/Button";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, SelectValue } from "react-aria-components/Select";
import { Text } from "react-aria-components/Text";
import { cx } from "./cx.ts";
import styles from "./fields.module.css";
import { popoverClass } from "./popover.tsx";

export interface SelectOption {
  readonly id: string;
  readonly label: string;
  readonly description?: string | undefined;
}

export interface SelectProps {
  readonly label: string;
  readonly options: readonly SelectOption[];
  readonly selected: string | null;
  readonly onSelect: (id: string) => void;
  readonly description?: ReactNode;
  readonly isDisabled?: boolean;
}

/** One of a few; a button that opens a list of choices. */
export function Select({ label, options, selected, onSelect, description, isDisabled = false }: SelectProps) {
  return (
    <AriaSelect
      className={styles.field ?? ""}
      selectedKey={selected}
      onSelectionChange={(key) => key !== null && onSelect(String(key))}
      isDisabled={isDisabled}
    >
      <Label className={styles.label ?? ""}>{label}</Label>
      <Button className={cx(styles.input, styles.select)}>
        <SelectValue className={styles.value ?? ""}>
          {({ selectedText, defaultChildren }) => selectedText ?? defaultChildren}
        </SelectValue>
        <ChevronDown size={16} aria-hidden />
      </Button>
      {description ? (
        <Text slot="description" className={styles.description ?? ""}>
          {description}
        </Text>
      ) : null}
      <Popover className={popoverClass} offset={4}>
        <ListBox className={styles.options ?? ""} items={options}>
          {(option) => (
            <ListBoxItem id={option.id} textValue={option.label} className={styles.option ?? ""}>
              {({ isSelected }) => (
                <>
                  <span aria-hidden>{isSelected ? <Check size={16} /> : null}</span>
                  <span>
                    {option.label}
                    {option.description ? <small>{option.description}</small> : null}
                  </span>
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

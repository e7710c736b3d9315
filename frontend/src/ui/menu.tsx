import { Check, ChevronRight } from "lucide-react";
import { Fragment, type ReactElement, type ReactNode, type RefObject } from "react";
import {
  Menu as AriaMenu,
  MenuItem as AriaMenuItem,
  Header,
  MenuSection,
  MenuTrigger,
  SubmenuTrigger,
} from "react-aria-components/Menu";
import { Popover, type PopoverProps } from "react-aria-components/Popover";
import { Separator } from "react-aria-components/Separator";
import { cx } from "./cx.ts";
import styles from "./menu.module.css";
import { popoverClass } from "./popover.tsx";

/** One line of a menu as data, so that one table of commands can feed menus, palette and help. */
export type MenuEntry =
  | {
      readonly kind: "item";
      readonly id: string;
      readonly label: string;
      /** A second, quieter line. */
      readonly description?: string | undefined;
      /** Keys as shown, `Ctrl+Enter`. */
      readonly shortcut?: string | undefined;
      readonly icon?: ReactNode;
      readonly isDisabled?: boolean | undefined;
      /** Present: the item is a check box (or a radio, as the label says). */
      readonly isChecked?: boolean | undefined;
      readonly tone?: "danger" | undefined;
      readonly onAction: () => void;
    }
  | { readonly kind: "separator"; readonly id: string }
  | { readonly kind: "section"; readonly id: string; readonly label: string; readonly entries: readonly MenuEntry[] }
  | { readonly kind: "submenu"; readonly id: string; readonly label: string; readonly entries: readonly MenuEntry[] };

type ItemEntry = Extract<MenuEntry, { kind: "item" }>;

/** The lines of a menu with the ARIA pattern: arrows, type-ahead, submenus. Stands in a popover. */
export function MenuList(props: {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  readonly autoFocus?: "first" | "last" | undefined;
  readonly onClose?: () => void;
}) {
  return (
    <AriaMenu
      className={styles.menu ?? ""}
      aria-label={props.label}
      {...(props.autoFocus ? { autoFocus: props.autoFocus } : {})}
      {...(props.onClose ? { onClose: props.onClose } : {})}
    >
      {props.entries.map(renderEntry)}
    </AriaMenu>
  );
}

function renderEntry(entry: MenuEntry): ReactElement {
  switch (entry.kind) {
    case "separator":
      return <Separator key={entry.id} className={styles.separator ?? ""} />;
    case "section":
      return (
        <MenuSection key={entry.id}>
          <Header className={styles.heading ?? ""}>{entry.label}</Header>
          {entry.entries.map(renderEntry)}
        </MenuSection>
      );
    case "submenu":
      return (
        <SubmenuTrigger key={entry.id}>
          <AriaMenuItem id={entry.id} textValue={entry.label} className={styles.item ?? ""}>
            <span className={styles.mark} />
            <span className={styles.label}>{entry.label}</span>
            <ChevronRight size={14} aria-hidden />
          </AriaMenuItem>
          <Popover className={popoverClass} offset={-4} crossOffset={-4}>
            <MenuList label={entry.label} entries={entry.entries} />
          </Popover>
        </SubmenuTrigger>
      );
    case "item":
      return entry.isChecked === undefined ? renderItem(entry) : renderChecked(entry);
  }
}

/** A check box stands in a section of its own: that is how the kit gives one item a checked state. */
function renderChecked(entry: ItemEntry): ReactElement {
  return (
    <MenuSection
      key={entry.id}
      aria-label={entry.label}
      selectionMode="multiple"
      selectedKeys={entry.isChecked ? [entry.id] : []}
    >
      {renderItem(entry)}
    </MenuSection>
  );
}

function renderItem(entry: ItemEntry): ReactElement {
  return (
    <AriaMenuItem
      key={entry.id}
      id={entry.id}
      textValue={entry.label}
      isDisabled={entry.isDisabled ?? false}
      onAction={entry.onAction}
      className={cx(styles.item, entry.tone === "danger" && styles.danger)}
    >
      {({ isSelected }) => (
        <Fragment>
          <span className={styles.mark} aria-hidden>
            {isSelected ? <Check size={16} /> : entry.icon}
          </span>
          <span className={styles.label}>
            {entry.label}
            {entry.description ? <span className={styles.description}>{entry.description}</span> : null}
          </span>
          {entry.shortcut ? (
            <kbd className={styles.shortcut} aria-hidden>
              {entry.shortcut}
            </kbd>
          ) : null}
        </Fragment>
      )}
    </AriaMenuItem>
  );
}

/** A button (the child, e.g. `IconButton`) that opens a menu. */
export function MenuButton(props: {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  readonly placement?: NonNullable<PopoverProps["placement"]>;
  readonly onOpenChange?: (isOpen: boolean) => void;
  readonly children: ReactElement;
}) {
  return (
    <MenuTrigger {...(props.onOpenChange ? { onOpenChange: props.onOpenChange } : {})}>
      {props.children}
      <Popover className={popoverClass} placement={props.placement ?? "bottom start"} offset={4}>
        <MenuList label={props.label} entries={props.entries} />
      </Popover>
    </MenuTrigger>
  );
}

/** A menu that hangs on an element or a point of the page: context menus. The caller holds whether it is open. */
export function FloatingMenu(props: {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly triggerRef: RefObject<Element | null>;
  readonly placement?: NonNullable<PopoverProps["placement"]>;
}) {
  return (
    <Popover
      className={popoverClass}
      isOpen={props.isOpen}
      onOpenChange={(open) => open || props.onClose()}
      triggerRef={props.triggerRef}
      placement={props.placement ?? "bottom start"}
      offset={2}
    >
      <MenuList label={props.label} entries={props.entries} autoFocus="first" onClose={props.onClose} />
    </Popover>
  );
}

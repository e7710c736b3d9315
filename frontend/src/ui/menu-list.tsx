// The heavy half of menus, loaded when the first one is wanted: see menu.tsx.
import { Check, ChevronRight } from "lucide-react";
import { Fragment, type ReactElement, type Ref, useRef } from "react";
import {
  Menu as AriaMenu,
  MenuItem as AriaMenuItem,
  Header,
  MenuSection,
  SubmenuTrigger,
} from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { Separator } from "react-aria-components/Separator";
import { Text } from "react-aria-components/Text";
import { cx } from "./cx.ts";
import styles from "./menu.module.css";
import type { FloatingMenuProps, MenuEntry } from "./menu-entry.ts";
import { popoverClass } from "./popover.tsx";

type ItemEntry = Extract<MenuEntry, { kind: "item" }>;

/** The lines of a menu with the ARIA pattern: arrows, type-ahead, submenus. Stands in a popover. */
export function MenuList(props: {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  readonly autoFocus?: "first" | "last" | undefined;
  readonly onClose?: () => void;
  readonly ref?: Ref<HTMLDivElement>;
}) {
  return (
    <AriaMenu
      ref={props.ref ?? null}
      className={styles.menu ?? ""}
      aria-label={props.label}
      {...(props.autoFocus ? { autoFocus: props.autoFocus } : {})}
      {...(props.onClose ? { onClose: props.onClose } : {})}
    >
      {props.entries.map((entry) => renderEntry(entry, props.onClose))}
    </AriaMenu>
  );
}

/** @param onClose closes the whole menu; the kit closes only what it opened itself. */
function renderEntry(entry: MenuEntry, onClose: (() => void) | undefined): ReactElement {
  switch (entry.kind) {
    case "separator":
      return <Separator key={entry.id} className={styles.separator ?? ""} />;
    case "section":
      return (
        <MenuSection key={entry.id}>
          <Header className={styles.heading ?? ""}>{entry.label}</Header>
          {entry.entries.map((inner) => renderEntry(inner, onClose))}
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
            <MenuList label={entry.label} entries={entry.entries} {...(onClose ? { onClose } : {})} />
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
      // Also a choice is made once; the kit would leave the menu of a check box open, over the page.
      shouldCloseOnSelect
      className={cx(styles.item, entry.tone === "danger" && styles.danger)}
    >
      {({ isSelected }) => (
        <Fragment>
          <span className={styles.mark} aria-hidden>
            {isSelected ? <Check size={16} /> : entry.icon}
          </span>
          {entry.description ? (
            <span className={styles.label}>
              <Text slot="label">{entry.label}</Text>
              <Text slot="description" className={styles.description ?? ""}>
                {entry.description}
              </Text>
            </span>
          ) : (
            <span className={styles.label}>{entry.label}</span>
          )}
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

/** See `FloatingMenu` of `menu.tsx`, which loads this when it is wanted. */
export function MenuPopover(props: FloatingMenuProps) {
  const list = useRef<HTMLDivElement>(null);
  return (
    <Popover
      className={popoverClass}
      // Each time that it looks for its place the popover is as tall as the window for a moment; it keeps the place in this list then.
      scrollRef={list}
      isOpen={props.isOpen}
      onOpenChange={(open) => open || props.onClose()}
      triggerRef={props.triggerRef}
      placement={props.placement ?? "bottom start"}
      offset={4}
    >
      <MenuList
        ref={list}
        label={props.label}
        entries={props.entries}
        autoFocus={props.focus ?? "first"}
        onClose={props.onClose}
      />
    </Popover>
  );
}

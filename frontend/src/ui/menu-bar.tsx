/**
 * A menu bar as the ARIA pattern has it: one tab stop, Left and Right go along the bar (and from an open menu to its
 * neighbour), Down and Enter open. Hovering moves the open menu.
 */
import { type KeyboardEvent, useEffect, useReducer, useRef, useState } from "react";
import { latePart } from "./late-part.ts";
import styles from "./menu.module.css";
import { warmMenus } from "./menu.tsx";
import type { BarMenu } from "./menu-entry.ts";

export type { BarMenu } from "./menu-entry.ts";

const barPopover = latePart(
  () => import("./menu-bar-popover.tsx"),
  (module) => module.BarPopover,
  { callOff: ({ onDismiss }) => onDismiss() },
);

interface Open {
  readonly index: number;
  readonly focus: "first" | "last" | undefined;
}

export interface MenuBarProps {
  readonly label: string;
  /** Asked whenever a menu opens: what can be chosen depends on the moment. */
  readonly menus: () => readonly BarMenu[];
  /** Tells of what may change that, while a menu is open. Returns the end. */
  readonly follow: (fn: () => void) => () => void;
}

export function MenuBar({ label, menus: readMenus, follow }: MenuBarProps) {
  const [tabStop, setTabStop] = useState(0);
  const [open, setOpen] = useState<Open | null>(null);
  const menus = readMenus();
  useFollowed(open !== null, menus, readMenus, follow);
  const items = useRef<(HTMLButtonElement | null)[]>([]);
  const anchor = useRef<HTMLButtonElement | null>(null);
  /** Where the focus was before the bar: a chosen command acts there, and a person goes on there. */
  const before = useRef<HTMLElement | null>(null);
  const shown = open ? menus[open.index] : undefined;
  if (open) anchor.current = items.current[open.index] ?? null;

  const goTo = (index: number) => {
    const next = (index + menus.length) % menus.length;
    setTabStop(next);
    items.current[next]?.focus();
    return next;
  };
  const onBarKey = (event: KeyboardEvent, index: number) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    switch (event.key) {
      case "ArrowRight":
        goTo(index + 1);
        break;
      case "ArrowLeft":
        goTo(index - 1);
        break;
      case "Home":
        goTo(0);
        break;
      case "End":
        goTo(menus.length - 1);
        break;
      case "ArrowDown":
      case "Enter":
      case " ":
        setOpen({ index, focus: "first" });
        break;
      case "ArrowUp":
        setOpen({ index, focus: "last" });
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  // Left and Right that the menu itself did not use (it uses them for submenus) go to the neighbouring menu.
  useEffect(() => {
    if (!open) return;
    const onKey = (event: globalThis.KeyboardEvent) => {
      const item = (event.target as Element | null)?.closest('[role^="menuitem"]');
      const menu = item?.closest('[role="menu"]');
      if (!item || !menu?.hasAttribute("data-bar-menu")) return;
      if (event.key === "ArrowRight" && item.getAttribute("aria-haspopup")) return;
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (step === 0) return;
      event.preventDefault();
      event.stopPropagation();
      const index = (open.index + step + menus.length) % menus.length;
      setTabStop(index);
      setOpen({ index, focus: "first" });
    };
    document.addEventListener("keydown", onKey, true);
    return () => document.removeEventListener("keydown", onKey, true);
  }, [open, menus.length]);

  return (
    <div role="menubar" aria-label={label} className={styles.bar}>
      {menus.map((menu, index) => (
        <button
          key={menu.id}
          ref={(element) => {
            items.current[index] = element;
          }}
          type="button"
          role="menuitem"
          aria-haspopup="menu"
          aria-expanded={open?.index === index}
          tabIndex={index === tabStop ? 0 : -1}
          className={styles.barItem}
          data-bar-item=""
          onFocus={(event) => {
            setTabStop(index);
            before.current = outside(event.relatedTarget) ?? before.current;
            warmMenus();
          }}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.preventDefault();
            before.current = outside(document.activeElement) ?? before.current;
            setTabStop(index);
            setOpen((now) => (now?.index === index ? null : { index, focus: undefined }));
          }}
          onClick={(event) => {
            // A click without a pointer (screen readers) comes with detail 0.
            if (event.detail === 0) setOpen({ index, focus: "first" });
          }}
          onPointerEnter={() => (open ? setOpen({ index, focus: undefined }) : warmMenus())}
          onKeyDown={(event) => onBarKey(event, index)}
        >
          {menu.label}
        </button>
      ))}
      {/* What closes a menu does nothing else: no cell is selected by it, nothing pressed. The bar stands above. */}
      {shown ? (
        <div
          aria-hidden
          data-under-menu=""
          className={styles.under}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => {
            setOpen(null);
            before.current?.focus({ preventScroll: true });
          }}
        />
      ) : null}
      {shown && open ? (
        <barPopover.Part
          key={shown.id}
          menu={shown}
          focus={open.focus}
          anchor={anchor}
          onDismiss={() => {
            setOpen(null);
            // Escape: the focus is still in the menu, and would be lost with it.
            if (document.activeElement?.closest("[data-bar-menu]")) anchor.current?.focus();
          }}
          onChosen={() => {
            setOpen(null);
            before.current?.focus();
          }}
        />
      ) : null}
    </div>
  );
}

/** Draws the bar again when an entry of a menu is another one than was drawn. */
function useFollowed(
  isOpen: boolean,
  drawn: readonly BarMenu[],
  readMenus: MenuBarProps["menus"],
  follow: MenuBarProps["follow"],
): void {
  const [, drawAgain] = useReducer((times: number) => times + 1, 0);
  const now = useRef({ drawn, readMenus });
  now.current = { drawn, readMenus };
  useEffect(() => {
    if (!isOpen) return;
    const look = () => {
      const { drawn, readMenus } = now.current;
      if (looks(drawn) !== looks(readMenus())) drawAgain();
    };
    look();
    return follow(look);
  }, [isOpen, follow]);
}

/** What of menus can be another one at another moment. */
function looks(menus: readonly BarMenu[]): string {
  return JSON.stringify(menus, (key, value: unknown) => (key === "icon" ? undefined : value));
}

/** The element, if the focus can go back to it and it is not of a menu bar. */
function outside(target: EventTarget | null): HTMLElement | null {
  if (!(target instanceof HTMLElement) || target === document.body) return null;
  return target.closest("[data-bar-item], [data-bar-menu]") ? null : target;
}

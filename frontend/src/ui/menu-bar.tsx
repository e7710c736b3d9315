/**
 * A menu bar as the ARIA pattern has it: one tab stop, Left and Right go along the bar (and from an open menu to its
 * neighbour), Down and Enter open. Hovering moves the open menu.
 */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Popover } from "react-aria-components/Popover";
import styles from "./menu.module.css";
import { type MenuEntry, MenuList } from "./menu.tsx";
import { popoverClass } from "./popover.tsx";

export interface BarMenu {
  readonly id: string;
  readonly label: string;
  readonly entries: readonly MenuEntry[];
}

interface Open {
  readonly index: number;
  readonly focus: "first" | "last" | undefined;
}

export interface MenuBarProps {
  readonly label: string;
  /** Asked whenever a menu opens: what can be chosen depends on the moment. */
  readonly menus: () => readonly BarMenu[];
}

export function MenuBar({ label, menus: readMenus }: MenuBarProps) {
  const [tabStop, setTabStop] = useState(0);
  const [open, setOpen] = useState<Open | null>(null);
  const menus = readMenus();
  const items = useRef<(HTMLButtonElement | null)[]>([]);
  const anchor = useRef<HTMLButtonElement | null>(null);
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
          onFocus={() => setTabStop(index)}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.preventDefault();
            setTabStop(index);
            setOpen((now) => (now?.index === index ? null : { index, focus: undefined }));
          }}
          onClick={(event) => {
            // A click without a pointer (screen readers) comes with detail 0.
            if (event.detail === 0) setOpen({ index, focus: "first" });
          }}
          onPointerEnter={() => open && setOpen({ index, focus: undefined })}
          onKeyDown={(event) => onBarKey(event, index)}
        >
          {menu.label}
        </button>
      ))}
      {shown && open ? (
        <Popover
          key={shown.id}
          className={popoverClass}
          isOpen
          isNonModal
          onOpenChange={(isOpen) => isOpen || setOpen(null)}
          triggerRef={anchor}
          placement="bottom start"
          offset={3}
          shouldCloseOnInteractOutside={(element) => !element.closest("[data-bar-item]")}
        >
          <BarMenuList menu={shown} focus={open.focus} onClose={() => closeBar(setOpen, anchor.current)} />
        </Popover>
      ) : null}
    </div>
  );
}

function closeBar(setOpen: (open: null) => void, item: HTMLButtonElement | null): void {
  setOpen(null);
  item?.focus();
}

function BarMenuList(props: {
  readonly menu: BarMenu;
  readonly focus: "first" | "last" | undefined;
  readonly onClose: () => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    host.current?.querySelector('[role="menu"]')?.setAttribute("data-bar-menu", "");
  }, []);
  return (
    <div ref={host}>
      <MenuList
        label={props.menu.label}
        entries={props.menu.entries}
        autoFocus={props.focus ?? "first"}
        onClose={props.onClose}
      />
    </div>
  );
}

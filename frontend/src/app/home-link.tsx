import type { ReactNode } from "react";
import type { PageServices } from "./services.ts";

/** A link to Home that does not load the page again. */
export function HomeLink(props: {
  readonly page: Pick<PageServices, "router">;
  readonly className: string | undefined;
  readonly label?: string;
  readonly children: ReactNode;
}) {
  return (
    <a
      href="/"
      className={props.className}
      aria-label={props.label}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        props.page.router.go("/");
      }}
    >
      {props.children}
    </a>
  );
}

import type { CellId } from "../../core/cell.ts";
import type { Observable } from "../../core/observable.ts";
import { useObservable } from "../../ui/use-observable.ts";
import type { NotebookController } from "./controller.ts";
import type { MarginPart } from "./services.ts";

interface MarginProps {
  readonly controller: NotebookController;
  readonly id: CellId;
}

/** What parts that come later have to show beside a cell. */
export function Margin({ controller: { services }, id }: MarginProps) {
  return services.margin ? <Filled part={services.margin} id={id} /> : null;
}

function Filled({ part, id }: { readonly part: Observable<MarginPart | null>; readonly id: CellId }) {
  const Part = useObservable(part);
  return Part ? <Part id={id} /> : null;
}

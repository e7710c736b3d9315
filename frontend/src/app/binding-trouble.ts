/** A connection that comes to nothing while no dialog tells of it: a page that goes on after a reload, a kernel that was changed. */
import type { BindingState, Failure } from "../core/binding.ts";
import type { Observable } from "../core/observable.ts";
import type { ConnectDesk } from "../views/connect/connect-desk.ts";

/**
 * Calls `tell` once for each failure that no open dialog shows. Not for what the person broke off. Returns the end.
 *
 * Looked at a turn later: who waits for the runtime opens the dialog first.
 */
export function watchTrouble(
  binding: Observable<BindingState>,
  desk: Pick<ConnectDesk, "open">,
  tell: (failure: Failure) => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let told: Failure | null = null;
  const look = () => {
    const state = binding.get();
    const failure = state.phase === "unbound" ? state.failure : null;
    if (failure === null || failure === told || failure.code === "cancelled" || desk.open.get() !== null) return;
    told = failure;
    tell(failure);
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(look, 0);
  };
  later();
  const end = binding.subscribe(later);
  return () => {
    clearTimeout(timer);
    end();
  };
}

import { type RefObject, useEffect, useRef } from "react";

/**
 * Password managers, input tools and test drivers set a field's value by script and send an `input` event. React takes
 * such an event for an echo of its own change and drops it; the native listener does not.
 */
export function useValuesFromScripts(
  field: RefObject<HTMLInputElement | HTMLTextAreaElement | null>,
  onChange: ((value: string) => void) | undefined,
): void {
  const call = useRef(onChange);
  call.current = onChange;
  useEffect(() => {
    const element = field.current;
    const take = () => element && call.current?.(element.value);
    element?.addEventListener("input", take);
    return () => element?.removeEventListener("input", take);
  }, [field]);
}

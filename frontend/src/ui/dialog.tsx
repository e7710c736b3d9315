/** Dialogs as the rest of the page uses them. What draws an open one is loaded when it is wanted. */
import { lazy, Suspense } from "react";
import type { ConfirmDialogProps, DialogProps } from "./dialog-props.ts";

export type { ConfirmDialogProps, DialogProps } from "./dialog-props.ts";

const LazyDialog = lazy(async () => ({ default: (await import("./dialog-frame.tsx")).Dialog }));
const LazyConfirmDialog = lazy(async () => ({ default: (await import("./dialog-frame.tsx")).ConfirmDialog }));

/** A modal dialog with title, close button, body and a row of buttons. The focus goes back to where it was. */
export function Dialog(props: DialogProps) {
  if (!props.isOpen) return null;
  return (
    <Suspense>
      <LazyDialog {...props} />
    </Suspense>
  );
}

/** A question with two answers; *Cancel* has the focus when the other one destroys something. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  if (!props.isOpen) return null;
  return (
    <Suspense>
      <LazyConfirmDialog {...props} />
    </Suspense>
  );
}

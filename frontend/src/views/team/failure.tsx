import { Notice } from "../../ui/notice.tsx";

/** What went wrong, if something did. */
export function Failure({ error }: { readonly error: string | null }) {
  if (error === null) return null;
  return (
    <Notice tone="danger" isLive>
      {error}
    </Notice>
  );
}

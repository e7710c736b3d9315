import type { PageServices } from "./services.ts";

export function ConnectPage({ page }: { readonly page: PageServices }) {
  return <main id="content">{page.runtimeLink.link}</main>;
}

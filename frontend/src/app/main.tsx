// First of all: secrets of a link leave the address bar before any other code runs.
import "./fragment.ts";
import "../ui/base.css";
import { createRoot } from "react-dom/client";
import { setLanguage } from "../i18n/t.ts";
import { installTooltips } from "../ui/tooltip.ts";
import { ErrorBoundary } from "./error-boundary.tsx";
import { applyPreferences } from "./preferences.ts";
import { composePage } from "./services.ts";
import { Shell, warmView } from "./shell.tsx";

const page = composePage();
// The view's code is fetched while the hub is still asked who this is.
warmView(page.router.route.get());

async function boot(): Promise<void> {
  const follow = () => applyPreferences(page.preferences.get());
  follow();
  page.preferences.subscribe(follow);
  page.preferences.subscribe(() => void setLanguage(page.preferences.get().language).catch(() => {}));
  // English is there already; should Japanese fail to load, the page still starts.
  await setLanguage(page.preferences.get().language).catch(() => {});
  installTooltips();
  const host = document.getElementById("app");
  if (!host) return;
  createRoot(host).render(
    <ErrorBoundary>
      <Shell page={page} />
    </ErrorBoundary>,
  );
}

void boot();

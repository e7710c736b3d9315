import { availableParallelism } from "node:os";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Plain logic runs in Node; a test of a component asks for jsdom in its first line: // @vitest-environment jsdom
// biome-ignore lint/style/noDefaultExport: the tool asks for one.
export default defineConfig({
  plugins: [react()],
  test: {
    include: ["src/**/*.test.{ts,tsx}", "frame/**/*.test.ts"],
    exclude: ["**/*.browser.test.ts", "**/node_modules/**"],
    environment: "node",
    setupFiles: ["src/i18n/words-for-tests.ts", "src/ui/patience-for-tests.ts"],
    restoreMocks: true,
    testTimeout: 20_000,
    // A server ends a kernel that is at work after five seconds, and one kernel after the other.
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    // Tests with a server mostly wait for it: four files at once also where there are only two cores.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    css: { modules: { classNameStrategy: "non-scoped" } },
  },
});

// @vitest-environment jsdom
import { afterEach, describe, expect, it } from "vitest";
import { installTooltips } from "./tooltip.ts";

function focused(words: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.dataset["tooltip"] = words;
  // jsdom has no :focus-visible of its own.
  button.matches = (selector) => selector === ":focus-visible";
  document.body.append(button);
  button.focus();
  return button;
}

const shown = () => document.querySelector('[role="tooltip"]')?.textContent ?? null;

describe("the tooltip", () => {
  let end = (): void => {};
  afterEach(() => {
    end();
    document.body.replaceChildren();
  });

  it("says what its element is called", () => {
    end = installTooltips();
    focused("Run cell");
    expect(shown()).toBe("Run cell");
  });

  it("goes when its element becomes another one", async () => {
    end = installTooltips();
    const button = focused("Cancel queued run");
    button.dataset["tooltip"] = "Run cell";
    await Promise.resolve();
    expect(shown()).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import { hideStyles } from "./hide-styles.ts";

describe("hideStyles", () => {
  it("takes style elements out and renames style attributes", () => {
    expect(hideStyles('<style scoped>\n.a > b {}\n</style><TD Style="color: red" id=x>1</TD>')).toEqual({
      html: '<TD data-rh-style="color: red" id=x>1</TD>',
      styleSheets: ["\n.a > b {}\n"],
    });
  });

  it.each([
    "<p>style=1 <b>a style='x'</b> < style</p>",
    "<!-- <style>a</style> --><i>style</i>",
    '<a title="a style=b" data-style="c">style</a>',
    "<script>var s = '<style>'; style = 1</script>",
    "<textarea><b style='x'></textarea>",
  ])("leaves %s alone", (html) => {
    expect(hideStyles(html)).toEqual({ html, styleSheets: [] });
  });

  it("ends with the text, whatever is left open", () => {
    expect(hideStyles("<style>a")).toEqual({ html: "", styleSheets: ["a"] });
    expect(hideStyles("<b style").html).toBe("<b data-rh-style");
    expect(hideStyles('<b style="x').html).toContain("data-rh-style");
    expect(hideStyles("<!-- style").html).toBe("<!-- style");
  });

  it("ends on long text that never closes: with its square the steps would take an hour", () => {
    const { html } = hideStyles(`${"<b style='x' ".repeat(500_000)}${"<style".repeat(5_000)}`);
    expect(html.match(/data-rh-style/g)).toHaveLength(500_000);
  });
});

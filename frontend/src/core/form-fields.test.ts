import { describe, expect, it, test } from "vitest";
import { type Field, fieldsOf, withValue } from "./form-fields.ts";

const only = (source: string): Field => {
  const [field, ...more] = fieldsOf(source);
  if (field === undefined || more.length > 0) throw new Error(`not one field: ${source}`);
  return field;
};

describe("the fields of a form", () => {
  test.each([
    ['text = "a b" #@param {type:"string"}', "string", "a b"],
    ["text = 'it''s' # @param {type: 'string'}", "raw", "'it''s'"],
    ['text = \'say "x"\'  #@param {type:"string"}', "string", 'say "x"'],
    ['text = "tab\\t \\"q\\" \\\\" #@param {type:"string"}', "string", 'tab\t "q" \\'],
    ['text = "\\x41" #@param {type:"string"}', "raw", '"\\x41"'],
    ['text = r"\\d" #@param {type:"string"}', "raw", 'r"\\d"'],
    ['text = "#@param" #@param {type:"string"}', "string", "#@param"],
    ['n: int = 3 #@param {type:"integer"}', "integer", "3"],
    ['n = 3.5 #@param {"type":"number"}', "number", "3.5"],
    ['n = 3.5 #@param {type:"integer"}', "raw", "3.5"],
    ['on = True #@param {type:"boolean"}', "boolean", "true"],
    ['day = "2026-11-29" #@param {type:"date"}', "date", "2026-11-29"],
    ['now = f(x, "#") #@param {type:"raw"}', "raw", 'f(x, "#")'],
    ["n = 3 #@param", "integer", "3"],
    ["on = False #@param", "boolean", "false"],
    ["  größe = 1e3 #@param", "number", "1e3"],
  ])("%s", (source, type, value) => {
    expect(only(source)).toMatchObject({ type, value });
  });

  it("have choices, the present one in quotes or not, and may take others", () => {
    const listed = only(`mode = "b, c" #@param ["a", "b, c", 'd'] {allow-input: true}`);
    expect(listed).toMatchObject({ type: "choice", value: "b, c", choices: ["a", "b, c", "d"], takesOthers: true });
    expect(only('n = 2 #@param [1, 2, "x"]')).toMatchObject({ value: "2", choices: ["1", "2", "x"], isBare: true });
    expect(only('f = np.sum #@param ["np.sum", "np.max"] {type:"raw"}')).toMatchObject({
      value: "np.sum",
      isBare: true,
      takesOthers: false,
    });
  });

  it("say how far a slider goes", () => {
    const slider = only('n = 4 #@param {type:"slider", min:-1, max:1e1, step:0.5}');
    expect([slider.type, slider.min, slider.max, slider.step]).toEqual(["slider", -1, 10, 0.5]);
    expect(only('n = 4 #@param {type:"slider"}')).toMatchObject({ min: null, max: null, step: null });
  });

  test.each([
    ["a comment", '# n = 1 #@param {type:"integer"}'],
    ["no assignment", "f(n=1) #@param"],
    ["a comparison", "n == 1 #@param"],
    ["a quote left open", 'text = "a #@param {type:"string"}'],
    ["another comment", "n = 1 # see #@param"],
    ["no mark", 'text = "#@param"'],
  ])("are not in %s", (_, source) => {
    expect(fieldsOf(source)).toEqual([]);
  });
});

describe("another value", () => {
  test.each([
    ['text = "a"   #@param {type:"string"}', 'say "hi"\\', 'text = "say \\"hi\\"\\\\"   #@param {type:"string"}'],
    ["text = 'a' #@param", "#@param 雨", 'text = "#@param 雨" #@param'],
    ['n=1 # @param {type:"integer"}', "-20", 'n=-20 # @param {type:"integer"}'],
    ['n = 1 #@param {type:"slider", min:0, max:2}', "0.5", 'n = 0.5 #@param {type:"slider", min:0, max:2}'],
    ['on = True #@param {type:"boolean"}', "false", 'on = False #@param {type:"boolean"}'],
    ['day = "2026-11-29" #@param {type:"date"}', "2027-01-02", 'day = "2027-01-02" #@param {type:"date"}'],
    ['x = f(1) #@param {type:"raw"}', " f(2, '#') ", "x = f(2, '#') #@param {type:\"raw\"}"],
    ['m = "a" #@param ["a", "b"]', "b", 'm = "b" #@param ["a", "b"]'],
    ["m = 1 #@param [1, 2]", "2", "m = 2 #@param [1, 2]"],
    ['m = "a" #@param ["a"] {allow-input: true}', "c", 'm = "c" #@param ["a"] {allow-input: true}'],
  ])("%s ← %s", (source, value, written) => {
    expect(withValue(source, only(source), value)).toBe(written);
  });

  test.each([
    ['n = 1 #@param {type:"integer"}', "1.5"],
    ['n = 1 #@param {type:"number"}', ""],
    ['day = "2026-11-29" #@param {type:"date"}', ""],
    ['x = f(1) #@param {type:"raw"}', '"open'],
    ['x = f(1) #@param {type:"raw"}', "1 # and more"],
    ['x = f(1) #@param {type:"raw"}', "1\nimport os"],
    ['m = "a" #@param ["a", "b"]', "c"],
  ])("%s takes no %j", (source, value) => {
    expect(withValue(source, only(source), value)).toBeNull();
  });

  it("goes into its own line and no other, as long as that is there", () => {
    const source = "#@title A form\nn = 1 #@param\nm = 1 #@param\nprint(n)";
    const second = fieldsOf(source)[1] as Field;
    expect(withValue(source, second, "2")).toBe(source.replace("m = 1", "m = 2"));
    expect(withValue(`# above\n${source}`, second, "2")).toBeNull();
  });
});

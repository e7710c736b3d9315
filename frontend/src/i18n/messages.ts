/** What a text may be: a sentence, or one sentence per plural form (`{count}` picks the form). */
export type Message = string | { readonly one?: string; readonly other: string };

/** A topic in another language: the same keys; the texts are free. */
export type Translated<Topic> = { readonly [Key in keyof Topic]: Message };

type NamesIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;

/** The names in braces of a message, over all its plural forms. */
export type ParameterOf<M> = M extends string ? NamesIn<M> : M extends object ? NamesIn<M[keyof M]> | "count" : never;

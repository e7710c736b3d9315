/** What an editor may ask about its code. Offsets are UTF-16 code units; null while no kernel answers. */
export interface CodeHelp {
  complete(code: string, cursor: number): Promise<{ matches: readonly string[]; from: number; to: number } | null>;
  /** Text with ANSI colours, or null when nothing is known. */
  inspect(code: string, cursor: number): Promise<string | null>;
}

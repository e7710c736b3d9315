/** What the person is asked on behalf of running code; `settle(null)` is a no. */
export type Question =
  | {
      readonly kind: "secret";
      readonly name: string;
      /** It is kept in this browser; only whether this notebook may have it is asked. */
      readonly isKept: boolean;
      settle(answer: { readonly value: string; readonly remember: boolean } | null): void;
    }
  | { readonly kind: "upload"; settle(files: readonly File[] | null): void }
  | { readonly kind: "download"; readonly name: string; readonly sizeBytes: number; settle(wanted: true | null): void };

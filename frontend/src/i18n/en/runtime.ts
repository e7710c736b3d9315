export const runtime = {} as const;

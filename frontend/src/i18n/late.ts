/**
 * Words that come with the part of the page that shows them: `withWords(import("./the-part.tsx"), "topic")`. Nothing of
 * the first load may use them; `late.test.ts` follows the imports and says who does.
 */
export const late = {
  comments: {
    en: async () => (await import("./en/comments.ts")).comments,
    ja: async () => (await import("./ja/comments.ts")).comments,
  },
  connect: {
    en: async () => (await import("./en/connect.ts")).connect,
    ja: async () => (await import("./ja/connect.ts")).connect,
  },
  debugger: {
    en: async () => (await import("./en/debugger.ts")).debuggerWords,
    ja: async () => (await import("./ja/debugger.ts")).debuggerWords,
  },
  filenotes: {
    en: async () => (await import("./en/filenotes.ts")).fileNotes,
    ja: async () => (await import("./ja/filenotes.ts")).fileNotes,
  },
  disk: {
    en: async () => (await import("./en/disk.ts")).disk,
    ja: async () => (await import("./ja/disk.ts")).disk,
  },
  files: {
    en: async () => (await import("./en/files.ts")).files,
    ja: async () => (await import("./ja/files.ts")).files,
  },
  find: {
    en: async () => (await import("./en/find.ts")).find,
    ja: async () => (await import("./ja/find.ts")).find,
  },
  forms: {
    en: async () => (await import("./en/forms.ts")).forms,
    ja: async () => (await import("./ja/forms.ts")).forms,
  },
  frames: {
    en: async () => (await import("./en/frames.ts")).frames,
    ja: async () => (await import("./ja/frames.ts")).frames,
  },
  home: {
    en: async () => (await import("./en/home.ts")).home,
    ja: async () => (await import("./ja/home.ts")).home,
  },
  hosted: {
    en: async () => (await import("./en/hosted.ts")).hosted,
    ja: async () => (await import("./ja/hosted.ts")).hosted,
  },
  notices: {
    en: async () => (await import("./en/notices.ts")).notices,
    ja: async () => (await import("./ja/notices.ts")).notices,
  },
  panels: {
    en: async () => (await import("./en/panels.ts")).panels,
    ja: async () => (await import("./ja/panels.ts")).panels,
  },
  requests: {
    en: async () => (await import("./en/requests.ts")).requests,
    ja: async () => (await import("./ja/requests.ts")).requests,
  },
  resources: {
    en: async () => (await import("./en/resources.ts")).resources,
    ja: async () => (await import("./ja/resources.ts")).resources,
  },
  revisions: {
    en: async () => (await import("./en/revisions.ts")).revisions,
    ja: async () => (await import("./ja/revisions.ts")).revisions,
  },
  sharing: {
    en: async () => (await import("./en/sharing.ts")).sharing,
    ja: async () => (await import("./ja/sharing.ts")).sharing,
  },
  private: {
    en: async () => (await import("./en/private.ts")).privateOutputs,
    ja: async () => (await import("./ja/private.ts")).privateOutputs,
  },
  trust: {
    en: async () => (await import("./en/trust.ts")).trust,
    ja: async () => (await import("./ja/trust.ts")).trust,
  },
  settings: {
    en: async () => (await import("./en/settings.ts")).settings,
    ja: async () => (await import("./ja/settings.ts")).settings,
  },
  terminal: {
    en: async () => (await import("./en/terminal.ts")).terminal,
    ja: async () => (await import("./ja/terminal.ts")).terminal,
  },
  team: {
    en: async () => (await import("./en/team.ts")).team,
    ja: async () => (await import("./ja/team.ts")).team,
  },
  variables: {
    en: async () => (await import("./en/variables.ts")).variables,
    ja: async () => (await import("./ja/variables.ts")).variables,
  },
} as const;

export type LateTopic = keyof typeof late;
export type LateWords = { readonly [T in LateTopic]: Awaited<ReturnType<(typeof late)[T]["en"]>> };

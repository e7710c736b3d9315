export const settings = {
  language: "Language",
  theme: "Theme",
  themeSystem: "As the system",
  themeLight: "Light",
  themeDark: "Dark",
  editorFontSize: "Size of code",
  pixels: "{size} pixels",
  lineNumbers: "Show line numbers in code cells",
  keptHere: "These choices are kept in this browser.",
  version: "Runhere {version}",
} as const;

import { withWords } from "../../i18n/t.ts";
import { Checkbox } from "../../ui/checkbox.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { latePart } from "../../ui/late-part.ts";
import { Select } from "../../ui/select.tsx";
import { useText } from "../../ui/use-observable.ts";
import type { NewNotebookSettingsProps } from "./new-notebook-settings.tsx";
import type { SecretSettingsProps } from "./secret-settings.tsx";
import styles from "./settings-dialog.module.css";
import type { TrustSettingsProps } from "./trust-settings.tsx";

/** A part of its own, because its words are those of the trust dialog. */
export const trustSettings = latePart(
  () => withWords(import("./trust-settings.tsx"), "trust"),
  (module) => module.TrustSettings,
);

/** A part of its own, because its words are those of outputs that stay at home. */
export const newNotebookSettings = latePart(
  () => withWords(import("./new-notebook-settings.tsx"), "private"),
  (module) => module.NewNotebookSettings,
);

const secretSettings = latePart(
  () => withWords(import("./secret-settings.tsx"), "requests"),
  (module) => module.SecretSettings,
);

type Theme = "system" | "light" | "dark";
type Language = "en" | "ja";

export interface Settings {
  readonly language: Language;
  readonly theme: Theme;
  readonly editorFontSize: number;
  readonly lineNumbers: boolean;
}

export interface SettingsDialogProps {
  readonly settings: Settings;
  /** Takes effect at once; there is nothing to save. */
  readonly onChange: (changes: Partial<Settings>) => void;
  readonly version: string;
  readonly hub: TrustSettingsProps["hub"] & NewNotebookSettingsProps["hub"];
  readonly secrets: SecretSettingsProps["secrets"];
  readonly onClose: () => void;
}

const sizes = [11, 12, 13, 14, 15, 16, 18, 20, 24] as const;
const themes: readonly Theme[] = ["system", "light", "dark"];

/** Choices of this browser (language, theme, how code looks), then what the hub keeps, then what this browser keeps secret. */
export function SettingsDialog({ settings, onChange, version, hub, secrets, onClose }: SettingsDialogProps) {
  const t = useText();
  const themeNames = {
    system: t("settings.themeSystem"),
    light: t("settings.themeLight"),
    dark: t("settings.themeDark"),
  };
  const size = sizes.find((one) => one === settings.editorFontSize) ?? 14;
  return (
    <Dialog title={t("shell.settings")} isOpen onClose={onClose}>
      <Select
        label={t("settings.language")}
        // Each language names itself, so that it is found by those who read only that one.
        options={[
          { id: "en", label: "English" },
          { id: "ja", label: "日本語" },
        ]}
        selected={settings.language}
        onSelect={(id) => onChange({ language: id as Language })}
      />
      <Select
        label={t("settings.theme")}
        options={themes.map((theme) => ({ id: theme, label: themeNames[theme] }))}
        selected={settings.theme}
        onSelect={(id) => onChange({ theme: id as Theme })}
      />
      <Select
        label={t("settings.editorFontSize")}
        options={sizes.map((one) => ({ id: String(one), label: t("settings.pixels", { size: one }) }))}
        selected={String(size)}
        onSelect={(id) => onChange({ editorFontSize: Number(id) })}
      />
      <pre className={styles.sample} aria-hidden>
        <span className={settings.lineNumbers ? styles.number : styles.noNumber}>1</span>
        {'print("Hello, 世界")'}
      </pre>
      <Checkbox isSelected={settings.lineNumbers} onChange={(lineNumbers) => onChange({ lineNumbers })}>
        {t("settings.lineNumbers")}
      </Checkbox>
      <p className={styles.note}>{t("settings.keptHere")}</p>
      <newNotebookSettings.Part hub={hub} />
      <trustSettings.Part hub={hub} />
      <secretSettings.Part secrets={secrets} />
      <p className={styles.note}>{t("settings.version", { version })}</p>
    </Dialog>
  );
}

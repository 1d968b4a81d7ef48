import type { AppPluginMeta } from "@grafana/data";
import { addResourceBundle, getI18nInstance, initializeI18n } from "#grafana-i18n";

/** What Grafana says of a plugin that has languages: where the texts of each are. */
export interface TranslatedMeta extends AppPluginMeta {
  readonly translations: Readonly<Record<string, string>>;
}

const KEY = "rollcall-host.language";
/** What Grafana falls back to, and speaks unless somebody chooses. */
const ENGLISH = "en-US";

/** Of the address, `?lang=de-DE`, else the one that was chosen last. */
export const chosenLanguage = (): string =>
  new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(KEY) ?? ENGLISH;

export function chooseLanguage(language: string): void {
  localStorage.setItem(KEY, language);
  location.reload();
}

/** Speaks one language in the whole page. @returns what Grafana shares with plugins as `i18next` */
export async function speak(language: string): Promise<object> {
  document.documentElement.lang = language;
  await initializeI18n({ language, ns: ["grafana"] });
  return getI18nInstance();
}

/** Reads the texts of a plugin before the plugin itself, as Grafana does; what the plugin does not have is English. */
export async function readTexts({ id, translations }: TranslatedMeta, language: string): Promise<void> {
  const path = translations[language] ?? translations[ENGLISH];
  if (path === undefined) return;
  addResourceBundle(language, id, (await (await fetch(`/${path}`)).json()) as object);
}

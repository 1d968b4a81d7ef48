import type { AppPluginMeta } from "@grafana/data";
import { addResourceBundle, getI18nInstance, initializeI18n } from "#grafana-i18n";
import { askJson } from "./ask.ts";

/** What Grafana says of a plugin that has languages: where the texts of each are. */
export interface TranslatedMeta extends AppPluginMeta {
  readonly translations: Readonly<Record<string, string>>;
}

/** Has texts for whatever another language lacks. */
const ENGLISH = "en-US";

export const preferLanguage = (language: string): Promise<unknown> =>
  askJson("/api/user/preferences", {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ language }),
  });

/** Speaks one language in the whole page. @returns what Grafana shares with plugins as `i18next` */
export async function speak(language: string): Promise<object> {
  document.documentElement.lang = language;
  await initializeI18n({ language, ns: ["grafana"] });
  return getI18nInstance();
}

/** Reads the texts of a plugin before the plugin itself, as Grafana does; what the plugin does not have is English. */
export async function readTexts({ id, translations }: TranslatedMeta, language: string): Promise<void> {
  const path = translations[language] ?? translations[ENGLISH];
  if (path !== undefined) addResourceBundle(language, id, (await askJson(`/${path}`)) as object);
}

import type { AppPluginMeta } from "@grafana/data";
import { addResourceBundle, getI18nInstance, initializeI18n } from "#grafana-i18n";
import { askJson } from "./ask.ts";

/** What Grafana says of a plugin that has languages: where the texts of each are. */
export interface TranslatedMeta extends AppPluginMeta {
  readonly translations: Readonly<Record<string, string>>;
}

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

/** The texts of a plugin are there before the plugin itself, as in Grafana; what the plugin does not have is English. */
export function addTexts(id: string, language: string, texts: unknown): void {
  addResourceBundle(language, id, texts as object);
}

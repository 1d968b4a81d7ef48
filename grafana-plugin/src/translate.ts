import { initPluginTranslations, t as translate } from "@grafana/i18n";

// React writes text as text: i18next need not escape it a second time.
const interpolation = { escapeValue: false };

/**
 * A text of ours in the reader's language.
 * @param key its place in `locales`, written out where it is used, for `npm run locales` reads it there
 * @param english the text itself: what is shown where a language lacks the key
 * @param values for what stands in `{{braces}}`; `count` chooses between the plural and `defaultValue_one`
 */
export const t = (key: string, english: string, values?: Readonly<Record<string, unknown>>): string =>
  translate(key, english, { ...values, interpolation });

/** Lets texts be found among those of this plugin, which Grafana reads before it loads us. */
export const prepareTexts = (): Promise<unknown> => initPluginTranslations("rollcall-fleet-app");

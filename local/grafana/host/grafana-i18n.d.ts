declare module "#grafana-i18n" {
  export function initializeI18n(wanted: { language: string; ns: readonly string[] }): Promise<{ language?: string }>;
  export function addResourceBundle(language: string, namespace: string, texts: object): void;
  export function getI18nInstance(): object;
}

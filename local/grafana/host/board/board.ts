import type { FieldConfig } from "@grafana/data";

/** One query of a panel. */
export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
}

/** What of a panel this page draws. */
export interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly Target[];
  readonly options?: { readonly colorMode?: string };
  readonly fieldConfig?: { readonly defaults: FieldConfig };
  readonly transformations?: readonly { readonly id: string; readonly options: { excludeByName?: object } }[];
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly label?: string;
  readonly query?: { readonly query: string } | string;
  readonly allValue?: string;
}

/** What of a dashboard of format v1 this page draws. */
export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly description?: string;
  readonly time: { readonly from: string };
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
}

/** A board as it stands in a list. */
export interface BoardLink {
  readonly uid: string;
  readonly title: string;
  readonly url: string;
}

/** What is chosen of each variable: its values, none for all of them. */
export type Choice = Readonly<Record<string, readonly string[]>>;

const SECONDS = { m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of "now-6h". */
export function spanSeconds(from: string): number {
  const [, count = "1", unit = "h"] = /^now-(\d+)([mhd])$/.exec(from) ?? [];
  return Number(count) * SECONDS[unit as keyof typeof SECONDS];
}

/** The query with the values in the place of its variables, as a regular expression of PromQL takes them. */
export function fillIn(expr: string, choice: Choice): string {
  return expr.replaceAll(/\$\{?(\w+)(?::\w+)?\}?/g, (whole, name: string) => {
    const values = choice[name];
    if (values === undefined) return whole;
    return values.length === 0 ? ".+" : values.map((value) => value.replaceAll(/[^\w-]/g, "\\\\$&")).join("|");
  });
}

/** What a variable's `label_values(series, label)` asks for; null if it asks in another way. */
export function labelAsked({ query }: Variable): { series: string; label: string } | null {
  const words = typeof query === "string" ? query : (query?.query ?? "");
  const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(words) ?? [];
  return series === undefined || label === undefined ? null : { series, label };
}

/** `{{agent}} {{version}}` with the labels of a series. */
export function legendOf(format: string | undefined, labels: Readonly<Record<string, string>>): string {
  if (format === undefined || format === "")
    return Object.entries(labels)
      .map(([name, value]) => `${name}="${value}"`)
      .join(", ");
  return format.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_whole, name: string) => labels[name] ?? "");
}

import type { Chart } from "./chart.ts";
import type { FailureCode } from "./failure.ts";

/** A step that a reader of a report may take; a door draws it as a button, or as the words to type. */
export interface Action {
  readonly label: string;
  readonly command: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly danger: boolean;
  /** Text of the confirmation that names target and effect; null runs at once. */
  readonly confirm: { readonly title: string; readonly text: string; readonly yes: string } | null;
}

/** How it went, to be looked at. */
export interface Picture {
  readonly chart: Chart;
  /** Where the HTTP API has it as PNG: "/api/v1/reports/daily?format=png". */
  readonly path: string;
}

/** A text that goes along as a file: nothing in it steers a terminal. */
export interface ReportFile {
  /** `billing.log` */
  readonly name: string;
  readonly title: string;
  readonly text: string;
}

/** What is on a picture, for whoever cannot see it: which lines of what. */
export const pictureWords = ({ title, panels }: Chart): string =>
  `${title}: ${panels.map((panel) => `${panel.title} of ${panel.lines.map(({ name }) => name).join(", ")}`).join("; ")}`;

/** An answer that every door can draw: the same words in Slack, Grafana and the terminal. */
export interface Report {
  /** Emoji and words: "🟢 *22 of 22 work*"; bold in `*…*`, at most 80 characters shown. */
  readonly headline: string;
  /** The small line under it, with "as of". */
  readonly context: string | null;
  /** Lines of the body, worst first. At most 10 a page. */
  readonly lines: readonly string[];
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly actions: readonly Action[];
  /** "same as /fleet roll-call"; null for what has no words. */
  readonly sameAs: string | null;
  /** How it went, for doors that can show a picture; none if left out. */
  readonly picture?: Picture;
  /** More than a message holds; none if left out. */
  readonly file?: ReportFile;
}

/** How a failure is shown; `ref` is the id to quote. */
export interface Refusal {
  readonly code: FailureCode | "bug";
  readonly message: string;
  readonly found: string | null;
  readonly allowed: readonly string[];
  readonly next: string | null;
  readonly ref: string;
}

export const plainReport = (headline: string, lines: readonly string[] = []): Report => ({
  headline,
  context: null,
  lines,
  fields: [],
  actions: [],
  sameAs: null,
});

/** A moment in a report's text; each door renders it for its reader. @param at milliseconds since the epoch */
export const timeToken = (at: number): string => `{{time:${Math.round(at)}}}`;

/** Replaces the time tokens of a text by what `show` makes of their milliseconds. */
export const renderTimes = (text: string, show: (at: number) => string): string =>
  text.replaceAll(/\{\{time:(\d{1,16})\}\}/g, (_, at: string) => show(Number(at)));

import { createElement, Fragment, type ReactElement, type ReactNode } from "react";
import { momentWords } from "./words.ts";

const TOKENS = /\*([^*\n]{1,300})\*|\{\{time:(\d{1,16})\}\}|`([^`\n]{1,300})`/g;

/** A line of a report as the service writes it: `*bold*`, `` `code` `` and moments; everything else is plain text, whatever it holds. */
export function ReportText({ text, now }: { readonly text: string; readonly now: number }): ReactElement {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [whole, bold, moment, code] = match;
    parts.push(text.slice(end, match.index));
    if (bold !== undefined) parts.push(<strong>{plainTimes(bold, now)}</strong>);
    else if (code !== undefined) parts.push(<code>{code}</code>);
    else parts.push(momentWords(Number(moment), now));
    end = match.index + whole.length;
  }
  parts.push(text.slice(end));
  return createElement(Fragment, null, ...parts);
}

/** The same without marks, for titles. */
export const plainTimes = (text: string, now: number): string =>
  text.replaceAll(/\{\{time:(\d{1,16})\}\}/g, (_, at: string) => momentWords(Number(at), now)).replaceAll("*", "");

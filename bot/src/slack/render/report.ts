import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import type { Report } from "@rollcall/core/domain/report.ts";
import { context, fields, section } from "./blocks.ts";
import { actionButton, buttonRow } from "./buttons.ts";
import { lockScreen, markup } from "./text.ts";

/** Lines of one answer; lists themselves show ten a page. */
const LINES = 40;
const BODY_CHARACTERS = 2900;

/** An answer as one message: what it says, since when, the details, and what can be done next. */
export function reportMessage(report: Report): ChatMessage {
  const { headline, lines, actions, sameAs } = report;
  const body = bodyText(lines);
  // What may hurt is never hidden behind "⋯", where no dialog asks.
  const shown = actions.slice(0, 3);
  const behind = actions.slice(3).filter(({ danger, confirm }) => !danger && confirm === null);
  return {
    text: lockScreen([headline, lines[0]].filter((line) => line).join(". ")),
    blocks: [
      section(markup(headline, 300) || "–"),
      ...small(report.context),
      ...(body === "" ? [] : [section(body)]),
      ...fields(report.fields.map(({ name, value }) => `*${markup(name, 100)}* ${markup(value, 300)}`)),
      ...buttonRow(shown.map(actionButton), behind.map(actionButton)),
      ...small(sameAs === null ? null : `same as \`${sameAs.replace(/^same as /, "")}\``),
    ],
  };
}

/** As many whole lines as fit; what is left out is counted. */
function bodyText(lines: readonly string[]): string {
  const kept: string[] = [];
  let room = BODY_CHARACTERS;
  for (const line of lines.slice(0, LINES)) {
    const rendered = markup(line, 600);
    if (rendered.length + 1 > room) break;
    kept.push(rendered);
    room -= rendered.length + 1;
  }
  const left = lines.length - kept.length;
  return left > 0 ? [...kept, `and ${left} more`].join("\n") : kept.join("\n");
}

/** A small line, if there is anything to read in it. */
function small(text: string | null): ReturnType<typeof context>[] {
  const shown = text === null ? "" : markup(text, 1000).trim();
  return shown === "" ? [] : [context(shown)];
}

import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import type { Ports } from "@rollcall/core/command.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import { agentsOf, type Incident } from "@rollcall/core/domain/incident.ts";
import type { KeptLogLine } from "@rollcall/core/domain/log-line.ts";
import type { Publication, Publications } from "@rollcall/core/ports/publications.ts";
import type { DraftDeps } from "./draft-deps.ts";

import type { Draft } from "./publish.ts";
import { card, context, joined, section } from "./render/blocks.ts";
import { linked, logsPage } from "./render/links.ts";
import { behindWords } from "./render/operation.ts";
import { clockTime, foreign, lockScreen, nameSome } from "./render/text.ts";

/** The card itself and its edits come first. */
const URGENCY = 4;
const KEY = /^(inc-\d{1,15}):errors$/;
export const isErrorLinesKey = (key: string): boolean => KEY.test(key);

/** Lines that one reply shows, and agents whose lines are looked at. */
const LINES = 5;
const AGENTS = 3;
/** Around the beginning of the incident. */
const BEFORE_MS = 5 * 60_000;
const AFTER_MS = 60_000;
/** A line is kept about a second after it was written; whoever died may have been read late. */
const LOOK_AFTER_MS = 5_000;
const LOOK_UNTIL_MS = 120_000;

interface RoundDeps {
  readonly ports: Pick<Ports, "incidents" | "clock" | "logs">;
  readonly database: { readonly publications: Pick<Publications, "want"> };
}

/**
 * Wants a reply with the last error lines for each incident that has any around its beginning; wanting it twice is wanting it
 * once. Each incident is looked at for two minutes.
 * @throws Failure "unavailable"
 */
export function wantErrorLines({ ports, database: { publications } }: RoundDeps): () => Promise<void> {
  let settled = new Set<string>();
  return async () => {
    const { incidents, logs, clock } = ports;
    if (logs === undefined) return;
    const open = await incidents.open();
    settled = new Set(open.flatMap(({ id }) => (settled.has(id) ? id : [])));
    const now = clock.now();
    for (const incident of open.filter((one) => isYoung(one, now) && !settled.has(one.id))) {
      if ((await errorLinesOf(incident, logs)).length === 0) continue;
      await publications.want(`${incident.id}:errors`, 1);
      settled.add(incident.id);
    }
  };
}

const isYoung = ({ openedAt }: Incident, now: number): boolean =>
  now - openedAt >= LOOK_AFTER_MS && now - openedAt <= LOOK_UNTIL_MS;

/** The last errors of its agents around its beginning, the oldest first. */
async function errorLinesOf(
  incident: Incident,
  logs: Pick<NonNullable<Ports["logs"]>, "search">,
): Promise<KeptLogLine[]> {
  const sources = agentsOf(incident).slice(0, AGENTS);
  if (sources.length === 0) return [];
  return (await logs.search({ sources, level: "error", ...timeOf(incident) }, { limit: LINES })).toReversed();
}

/** A rule waits before it fires; an alert that fires again after long has its old beginning, which is not meant. */
function timeOf({ alerts, openedAt }: Incident): { readonly from: number; readonly to: number } {
  const began = Math.min(openedAt, ...alerts.slice(0, 1000).map(({ startsAt }) => startsAt));
  return { from: Math.max(began, openedAt - BEFORE_MS) - BEFORE_MS, to: openedAt + AFTER_MS };
}

/** A reply below the card, once. @returns null if its card does not stand yet */
export async function draftOfErrorLines(publication: Publication, deps: DraftDeps): Promise<Draft | null> {
  const [, id = ""] = KEY.exec(publication.key) ?? [];
  const [incident, parent] = await Promise.all([deps.ports.incidents.find(id), deps.publications.find(id)]);
  const posted = parent?.posted ?? null;
  if (incident === null || posted === null) return null;
  return {
    ...{ publication, revision: publication.revision, urgency: URGENCY },
    ...{ channel: posted.channel, thread: posted.ts, since: incident.openedAt, traceparent: incident.traceparent },
    write: async (behindMinutes) => replyOf(incident, await linesOrWhyNot(incident, deps), { ...deps, behindMinutes }),
  };
}

/** What cannot be read must not hold back the messages behind it. */
async function linesOrWhyNot(incident: Incident, { ports: { logs } }: DraftDeps): Promise<KeptLogLine[] | string> {
  if (logs === undefined) return "no lines are kept";
  try {
    return await errorLinesOf(incident, logs);
  } catch (error) {
    if (isFailure(error)) return error.message;
    throw error;
  }
}

function replyOf(
  incident: Incident,
  found: readonly KeptLogLine[] | string,
  { settings, behindMinutes }: Pick<DraftDeps, "settings"> & { readonly behindMinutes: number | null },
): ChatMessage {
  const lines = typeof found === "string" ? [] : found;
  const agents =
    lines.length === 0 ? agentsOf(incident).slice(0, AGENTS) : [...new Set(lines.map(({ source }) => source))];
  const names = nameSome(agents.map((agent) => foreign(agent, 63)));
  const head =
    lines.length === 0
      ? `*Error lines* of ${names} cannot be read${typeof found === "string" ? `: ${foreign(found, 120)}` : " any more"}`
      : `*${lines.length === 1 ? "Last error line" : `Last ${lines.length} error lines`}* of ${names}`;
  const page = logsPage(settings, agents, timeOf(incident));
  return card(lockScreen(head), [
    section([head, ...lines.map((line) => lineWords(line, agents.length > 1))].join("\n")),
    context(
      joined([
        page === null ? null : linked(page, "All lines around then"),
        `\`/fleet logs ${foreign(agents[0] ?? "", 63)}\``,
        behindWords(behindMinutes),
      ]),
    ),
  ]);
}

const lineWords = ({ at, source, text }: KeptLogLine, areMany: boolean): string =>
  `${clockTime(at)} ${areMany ? `*${foreign(source, 63)}* ` : ""}${foreign(text.split("\n", 1)[0] ?? "", 160)}`;

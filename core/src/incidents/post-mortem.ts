import { changeWords } from "../change-words.ts";
import { agentsOf, type Incident } from "../domain/incident.ts";
import { plain } from "../fleet-words.ts";
import { wholeDuration } from "../whole-duration.ts";
import { type IncidentStory, timesOf } from "./gather-incident.ts";
import { helpedWords, isWork, nameOf, operationWhat } from "./incident-words.ts";
import { timelineOf } from "./timeline.ts";

const TO_BE_WRITTEN = "_To be written by those who were there._";
const MOST_CHARACTERS = 2000;

/**
 * What is known of an incident as Markdown, with empty headings for what only people know. Times are UTC. Nothing that
 * somebody wrote becomes markup.
 */
export function postMortem(story: IncidentStory): string {
  const { incident, asOf } = story;
  const sections = [
    [`# Post-mortem of ${incident.id}: ${titleOf(incident)}`, `Facts as of ${moment(asOf)}. All times are UTC.`],
    ["## Facts", facts(story)],
    ["## Summary", TO_BE_WRITTEN],
    ["## What people outside felt", impact(story)],
    ["## Timeline", timeline(story)],
    ["## What changed in the 30 minutes before", changes(story)],
    ["## What was done", done(story)],
    ["## Notes", notes(story)],
    ["## Errors in the logs", errors(story)],
    ["## Cause", incident.closed === undefined ? TO_BE_WRITTEN : safe(incident.closed.cause)],
    ["## What went well", TO_BE_WRITTEN],
    ["## What went badly", TO_BE_WRITTEN],
    ["## What we do about it", table(["What", "Who", "By when"], [["", "", ""]])],
  ];
  return `${sections.map((parts) => parts.join("\n\n")).join("\n\n")}\n`;
}

const titleOf = (incident: Incident): string => {
  const agents = agentsOf(incident).slice(0, 5);
  return [safe(nameOf(incident)), ...(agents.length === 0 ? [] : [agents.map(safe).join(", ")])].join(", ");
};

function facts(story: IncidentStory): string {
  const { incident, operations, runbook } = story;
  const { acknowledgedBy, acknowledgedAt, openedAt, resolvedAt, openedBy } = incident;
  const { detectedSeconds, takenSeconds, endedSeconds } = timesOf(story);
  const after = (seconds: number | null, none: string): string => (seconds === null ? none : wholeDuration(seconds));
  return table(
    ["What", "Value"],
    [
      ["Severity", incident.criticality],
      ["State", incident.state === "firing" ? "still open" : "ended"],
      ["Opened by", openedBy === undefined ? "its alert" : safe(openedBy.name)],
      ["Agents", agentsOf(incident).map(safe).join(", ") || "none in particular"],
      ["Began", moment(openedAt)],
      ["Time to detect", after(detectedSeconds, "not known")],
      [
        "Taken",
        acknowledgedBy === null || acknowledgedAt === null
          ? "by nobody"
          : `by ${safe(acknowledgedBy.name)}, ${moment(acknowledgedAt)}`,
      ],
      ["Time to take", after(takenSeconds, "nobody took it")],
      ["Ended", resolvedAt === null ? "not yet" : moment(resolvedAt)],
      ["Time to restore", after(endedSeconds, "not yet")],
      ["Helped", safe(helpedWords(incident, operations) ?? "not known")],
      ["Runbook", runbook === null ? "none" : safe(runbook)],
    ],
  );
}

/** What fleet.yaml says of the agents; how it really was only people know. */
function impact({ agents }: IncidentStory): string {
  const lines = agents.map(({ id, consequence }) => `- ${safe(id)}: ${safe(consequence)} when it does not work`);
  return [...(lines.length === 0 ? [] : [lines.join("\n")]), TO_BE_WRITTEN].join("\n\n");
}

const timeline = (story: IncidentStory): string =>
  table(
    ["Time", "What"],
    timelineOf(story).map(({ at, by, kind, words }) => [
      moment(at),
      kind === "note" && by !== null ? `${safe(by)}: ${safe(words)}` : safe(words),
    ]),
  );

function changes({ changes: found }: IncidentStory): string {
  if (found === null) return "Not known: it could not be read, or is not kept.";
  if (found.length === 0) return "Nothing.";
  return found
    .toReversed()
    .map((change) => `- ${moment(change.at)} ${safe(changeWords(change))}`)
    .join("\n");
}

function done({ operations }: IncidentStory): string {
  const work = operations.filter(isWork);
  if (work.length === 0) return "Nothing was ordered from its card.";
  const rows = work.map((one) => [
    ...[one.id, safe(operationWhat(one)), safe(one.actor.name), moment(one.createdAt)],
    one.ending === null ? "under way" : one.ending.replaceAll("-", " "),
    one.endedAt === null ? "" : wholeDuration((one.endedAt - (one.startedAt ?? one.createdAt)) / 1000),
  ]);
  return table(["Operation", "What", "Who", "Ordered", "Ending", "Took"], rows);
}

const notes = ({ notes: found }: IncidentStory): string =>
  found.length === 0
    ? "None."
    : found.map(({ at, by, text }) => `- ${moment(at)} ${safe(by.name)}: ${safe(text)}`).join("\n");

function errors({ errors: found }: IncidentStory): string {
  if (found === null) return "Not known: they could not be read, or are not kept.";
  if (found.length === 0) return "None from half an hour before it began until it ended.";
  const lines = found.map(({ at, source, text }) => `- ${moment(at)} ${safe(source)}: ${safe(plain(text, 300))}`);
  return ["The first from half an hour before it began:", lines.join("\n")].join("\n\n");
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** "2026-11-20 02:40:52"; what is no moment is said. */
function moment(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "unknown" : date.toISOString().slice(0, 19).replace("T", " ");
}

/** One line in which nothing is markup: https://spec.commonmark.org/0.31.2/#backslash-escapes */
const safe = (text: string): string =>
  plain(text.replaceAll(/\s+/g, " ").trim(), MOST_CHARACTERS)
    .replaceAll("&", "&amp;")
    .replaceAll(/[\\`*_{}[\]<>()#|~!]/g, "\\$&");

import { rungLine } from "../agent-evidence.ts";
import { changeWords } from "../change-words.ts";
import type { ReadContext } from "../command.ts";
import { isFailure } from "../domain/failure.ts";
import { firingAgents, isMeasured } from "../domain/incident.ts";
import { type Action, type Report, timeToken } from "../domain/report.ts";
import { agentLine, lookAction } from "../fleet-report.ts";
import { unmarked } from "../fleet-words.ts";
import { observeFleet } from "../observe-fleet.ts";
import { mayUse } from "../open-commands.ts";
import { pageOf } from "../paged.ts";
import { wholeDuration } from "../whole-duration.ts";
import { gatherIncident, type IncidentStory, timesOf } from "./gather-incident.ts";
import { helpedWords, takerWords, uselessWords, whatOf } from "./incident-words.ts";
import { timelineOf } from "./timeline.ts";

/** Agents whose evidence of this moment is told. */
const LOOKED_AT = 3;
const MOST_CHANGES = 3;

/** All about one incident. @throws Failure "not_found", "invalid_input" if there is no such page, "unavailable" */
export async function tellIncident(
  typed: string,
  page: number,
  context: ReadContext,
): Promise<Report & { readonly data: unknown }> {
  const { ports } = context;
  const story = await gatherIncident(typed, ports);
  const { incident, asOf } = story;
  const timeline = timelineOf(story);
  const evidence = await evidenceLines(story, context);
  const lines = [...evidence, ...timeline.map(({ at, words }) => `${timeToken(at)} ${words}`)];
  const shown = pageOf(lines, page, { command: "incident", input: { id: incident.id } });
  return {
    headline: headlineOf(story, context),
    context: [...timeWords(story), ...shown.words, `as of ${timeToken(asOf)}`].join(" · "),
    lines: shown.rows,
    fields: fieldsOf(story),
    actions: [...actionsOf(story, context), ...shown.actions],
    sameAs: `same as /fleet incident ${incident.id}`,
    data: {
      ...{ asOf, incident, timeline, times: timesOf(story), runbook: story.runbook },
      ...{ changes: story.changes, page, pages: shown.pages },
    },
  };
}

/** "🟥 P0 *AgentGone* billing — inc-7 fires since 02:40:52, nobody has it" */
function headlineOf({ incident }: IncidentStory, { ports }: ReadContext): string {
  const { id, state, openedAt, resolvedAt } = incident;
  const what = whatOf(incident);
  if (state === "firing") {
    const verb = isMeasured(incident) ? "fires" : "open";
    return `${what} — ${id} ${verb} since ${timeToken(openedAt)}, ${takerWords(incident, ports.directory)}`;
  }
  return `${what} — ${id} ended after ${wholeDuration(((resolvedAt ?? openedAt) - openedAt) / 1000)}`;
}

function timeWords(story: IncidentStory): string[] {
  const { detectedSeconds, takenSeconds } = timesOf(story);
  return [
    `began ${timeToken(story.incident.openedAt)}`,
    ...(detectedSeconds === null ? [] : [`told after ${wholeDuration(detectedSeconds)}`]),
    ...(takenSeconds === null ? ["nobody took it"] : [`taken after ${wholeDuration(takenSeconds)}`]),
  ];
}

/** What the alert says, and how its agents are at this moment. */
async function evidenceLines({ incident }: IncidentStory, { ports }: ReadContext): Promise<string[]> {
  const alert = incident.alerts.find(({ firing }) => firing) ?? incident.alerts[0];
  const { summary = "", description = "" } = alert?.annotations ?? {};
  const said = isMeasured(incident) ? [summary, description].filter((words) => words !== "") : [];
  const lines = said.map((words) => `> ${unmarked(words, 200)}`);
  const firing = firingAgents(incident).slice(0, LOOKED_AT);
  if (firing.length === 0) return lines;
  try {
    const { agents } = await ports.registry.expected();
    const view = await observeFleet(
      ports,
      agents.filter(({ id }) => firing.includes(id)),
    );
    return [...lines, ...view.agents.map((seen) => `${agentLine(seen)} · ${rungLine(seen, view.at)}`)];
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    return [...lines, "❔ How its agents are now is not known"];
  }
}

function fieldsOf({ incident, operations, changes, runbook }: IncidentStory): Report["fields"] {
  const helped = helpedWords(incident, operations);
  const useless = uselessWords(operations);
  const changed = changes?.slice(0, MOST_CHANGES).map((change) => `${timeToken(change.at)} ${changeWords(change)}`);
  const rest = (changes?.length ?? 0) - MOST_CHANGES;
  return [
    {
      name: "Changed, 30 min before",
      value:
        changed === undefined
          ? "not known"
          : [...(changed.length === 0 ? ["nothing"] : changed), ...(rest > 0 ? [`${rest} more`] : [])].join("; "),
    },
    ...(helped === null ? [] : [{ name: "Helped", value: helped }]),
    ...(useless.length === 0 ? [] : [{ name: "Did not help", value: useless.join("; ") }]),
    ...(runbook === null ? [] : [{ name: "Runbook", value: unmarked(runbook, 300) }]),
  ];
}

function actionsOf({ incident }: IncidentStory, context: ReadContext): Action[] {
  const { id, state, acknowledgedBy } = incident;
  const isFree = state === "firing" && acknowledgedBy === null && mayUse("ack", context);
  return [
    ...(isFree ? [lookAction("Acknowledge", "ack", { alert: id })] : []),
    ...(state === "resolved" ? [lookAction("Post-mortem", "post-mortem", { id })] : []),
    lookAction("What fires", "alerts", {}),
  ];
}

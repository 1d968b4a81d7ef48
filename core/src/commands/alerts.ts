import { z } from "zod";
import { defineCommand, type ReadContext } from "../command.ts";
import { isFailure } from "../domain/failure.ts";
import { firingAgents, type Incident, isMeasured } from "../domain/incident.ts";
import { type Action, timeToken } from "../domain/report.ts";
import { lookAction } from "../fleet-report.ts";
import { counted, SQUARES } from "../fleet-words.ts";
import { takerWords, whatOf } from "../incidents/incident-words.ts";
import { mayUse } from "../open-commands.ts";
import { pageField, pageOf } from "../paged.ts";
import { CRITICALITIES } from "../protocol.ts";
import { selectAgents, who } from "../selector.ts";

const input = z.strictObject({ who, page: pageField });

export default defineCommand({
  name: "alerts",
  aliases: ["firing"],
  kind: "read",
  summary: "List what fires: since when, who has it, whether it is muted",
  role: "viewer",
  danger: 0,
  input,
  words: ["who"],
  examples: ["alerts", "alerts @orders", "alerts owner=payments"],
  async run(raw, context) {
    const { ports } = context;
    const { who: words, page } = input.parse(raw);
    const firing = (await firingOf(words, context)).toSorted(worstFirst);
    const shown = pageOf(firing, page, { command: "alerts", input: { who: words } });
    const muted = await mutedOf(shown.rows, context);
    const now = ports.clock.now();
    return {
      headline: headlineOf(firing, words),
      context: [
        ...(firing.length === 0 ? [] : [countsOf(firing)]),
        ...(muted === null ? ["whether anything is muted is not known: Alertmanager does not answer"] : []),
        ...shown.words,
        `as of ${timeToken(now)}`,
      ].join(" · "),
      lines: shown.rows.map((incident) => lineOf(incident, muted?.get(incident.id) ?? null, context)),
      fields: [],
      actions: [...takeAction(firing, context), lookAction("Of 30 days", "incidents", {}), ...shown.actions],
      sameAs: ["same as /fleet alerts", ...words].join(" "),
      data: {
        ...{ at: now, page, pages: shown.pages, total: firing.length },
        alerts: shown.rows.map((incident) => ({
          ...incident,
          mutedUntil: muted === null ? null : (muted.get(incident.id) ?? null),
        })),
      },
    };
  },
});

/** Alert groups in which one of the agents fires; all of them, also those about nobody, where nobody is named. */
async function firingOf(words: readonly string[], { ports }: ReadContext): Promise<Incident[]> {
  const [open, agents] = await Promise.all([
    ports.incidents.open(),
    words.length === 0 ? null : selectAgents(words, ports, { verb: "Show", isChange: false }),
  ]);
  if (agents === null) return open;
  const ids = new Set(agents.map(({ id }) => id));
  return open.filter((incident) => firingAgents(incident).some((agent) => ids.has(agent)));
}

/** Of the same severity what nobody has comes first, then the oldest. */
const worstFirst = (one: Incident, other: Incident): number =>
  one.criticality.localeCompare(other.criticality) ||
  Number(one.acknowledgedBy !== null) - Number(other.acknowledgedBy !== null) ||
  one.openedAt - other.openedAt;

/**
 * Until when those are muted of which every alert is, by incident.
 * @returns null if that is not known
 */
async function mutedOf(
  incidents: readonly Incident[],
  { ports: { silences } }: ReadContext,
): Promise<ReadonlyMap<string, number> | null> {
  const agents = [...new Set(incidents.flatMap(firingAgents))];
  if (silences === undefined || agents.length === 0) return new Map();
  try {
    const [firing, found] = await Promise.all([silences.firing(agents), silences.list()]);
    const ends = new Map(found.map(({ id, endsAt }) => [id, endsAt]));
    const muted = incidents.flatMap((incident) => {
      const until = incident.alerts
        .filter((alert) => alert.firing)
        .map((alert) => {
          const held = firing.find((one) => one.agent === alert.agent && one.alertname === alert.alertname);
          return Math.max(0, ...(held?.silencedBy ?? []).map((id) => ends.get(id) ?? Number.MAX_SAFE_INTEGER));
        });
      const first = Math.min(...until);
      return until.length === 0 || first === 0 ? [] : [[incident.id, first] as const];
    });
    return new Map(muted);
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    return null;
  }
}

function lineOf(incident: Incident, mutedUntil: number | null, { ports }: ReadContext): string {
  const isKnown = mutedUntil !== Number.MAX_SAFE_INTEGER;
  const muted = mutedUntil === null ? [] : [isKnown ? `🔕 muted until ${timeToken(mutedUntil)}` : "🔕 muted"];
  const since = `${isMeasured(incident) ? "" : "opened by hand "}since ${timeToken(incident.openedAt)}`;
  return [`${whatOf(incident)} · ${incident.id}`, since, takerWords(incident, ports.directory), ...muted].join(" · ");
}

function headlineOf(firing: readonly Incident[], words: readonly string[]): string {
  if (firing.length === 0) return words.length === 0 ? "🟢 *Nothing fires*" : "🟢 *Nothing fires of these agents*";
  const free = firing.filter(({ acknowledgedBy }) => acknowledgedBy === null).length;
  const worst = firing[0]?.criticality ?? "P3";
  const taken =
    free === 0 ? "somebody has each of them" : `nobody has ${free === firing.length ? "any of them" : free}`;
  return `${SQUARES[worst]} *${counted(firing.length, "alert")} ${firing.length === 1 ? "fires" : "fire"}* — ${taken}`;
}

const countsOf = (firing: readonly Incident[]): string =>
  CRITICALITIES.map((criticality) => ({
    criticality,
    count: firing.filter((incident) => incident.criticality === criticality).length,
  }))
    .filter(({ count }) => count > 0)
    .map(({ criticality, count }) => `${count} ${criticality}`)
    .join(" · ");

/** The worst that nobody has is taken first. */
function takeAction(firing: readonly Incident[], context: ReadContext): Action[] {
  const free = firing.find(({ acknowledgedBy }) => acknowledgedBy === null);
  if (free === undefined || !mayUse("ack", context)) return [];
  return [lookAction(`Acknowledge ${free.id}`, "ack", { alert: free.id })];
}

import { z } from "zod";
import { defineCommand, type ReadContext } from "../command.ts";
import { silenceOf } from "../domain/asked-silence.ts";
import { isFailure } from "../domain/failure.ts";
import { firingAgents, type Incident, isMeasured } from "../domain/incident.ts";
import { type Action, timeToken } from "../domain/report.ts";
import type { FiringAlert } from "../domain/silence.ts";
import { lookAction } from "../fleet-report.ts";
import { counted, SQUARES } from "../fleet-words.ts";
import { personName, takerWords, whatOf } from "../incidents/incident-words.ts";
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
          muted: muted === null ? null : (muted.get(incident.id) ?? false),
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

interface Muted {
  /** Milliseconds since the epoch; null: that is not known. */
  readonly until: number | null;
  /** "by Olga (sil-3)"; empty: by maintenance, an operation, or somebody else. */
  readonly by: string;
}

/**
 * Those of which every alert is muted, by incident.
 * @returns null if that is not known
 */
async function mutedOf(
  incidents: readonly Incident[],
  { ports }: ReadContext,
): Promise<ReadonlyMap<string, Muted> | null> {
  const agents = [...new Set(incidents.flatMap(firingAgents))];
  try {
    const [asked, held] = await Promise.all([ports.askedSilences?.open() ?? [], heldOf(agents, ports)]);
    const muted = incidents.flatMap((incident) => {
      const silence = silenceOf(incident, asked);
      const by = silence === null ? "" : ` by ${personName(silence.asker, ports.directory)} (${silence.id})`;
      const found = silence === null ? heldUntil(incident, held) : { until: silence.endsAt };
      return found === null ? [] : [[incident.id, { until: found.until, by }] as const];
    });
    return new Map(muted);
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    return null;
  }
}

type Held = readonly (Pick<FiringAlert, "agent" | "alertname"> & { readonly ends: readonly (number | null)[] })[];

/** What fires in Alertmanager, with the ends of the silences that mute it; null: of a silence that is not ours. */
async function heldOf(agents: readonly string[], { silences }: ReadContext["ports"]): Promise<Held> {
  if (silences === undefined || agents.length === 0) return [];
  const [firing, found] = await Promise.all([silences.firing(agents), silences.list()]);
  const ends = new Map(found.map(({ id, endsAt }) => [id, endsAt]));
  return firing.map(({ silencedBy, ...alert }) => ({ ...alert, ends: silencedBy.map((id) => ends.get(id) ?? null) }));
}

/** Until the first of its alerts rings again. @returns null if one of them does now */
function heldUntil({ alerts }: Incident, held: Held): Pick<Muted, "until"> | null {
  const firing = alerts.filter((alert) => alert.firing);
  const ends = firing.map(
    ({ agent, alertname }) => held.find((one) => one.agent === agent && one.alertname === alertname)?.ends ?? [],
  );
  if (ends.length === 0 || ends.some((own) => own.length === 0)) return null;
  const known = ends.map((own) => (own.includes(null) ? null : Math.max(...own.map(Number))));
  return { until: known.includes(null) ? null : Math.min(...known.map(Number)) };
}

function lineOf(incident: Incident, muted: Muted | null, { ports }: ReadContext): string {
  const until = muted?.until ?? null;
  const quiet = muted === null ? [] : [`🔕 muted${until === null ? "" : ` until ${timeToken(until)}`}${muted.by}`];
  const since = `${isMeasured(incident) ? "" : "opened by hand "}since ${timeToken(incident.openedAt)}`;
  return [`${whatOf(incident)} · ${incident.id}`, since, takerWords(incident, ports.directory), ...quiet].join(" · ");
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

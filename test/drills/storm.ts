import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderInto } from "@rollcall/local/stack/render-template.ts";
import pg from "pg";
import { until } from "../agent-stage.ts";
import { launchAlertmanager } from "../alertmanager.ts";
import { TOOLS_DIR } from "../bench/own-redis.ts";
import { type ControlStage, openControlStage, WEBHOOK_TOKEN } from "./control-stage.ts";
import { type Drill, type Outcome, outcome } from "./drill.ts";

const SHIPPED = join(import.meta.dirname, "../../alerting/alertmanager.yml");
const GROUPS = 8;
const MOST_MESSAGES = 10;
/** As Prometheus hands them over: 64 at a time by default, more by whoever is far behind. */
const ALERTS_AT_ONCE = 500;
const FIRST_SECONDS = 30;
const URGENT_SECONDS = 60;
const WITHIN_SECONDS = 300;
const ALERTS_CHANNEL = "C0ALERTS";

export interface StormOptions {
  /** How many agents fall silent at once. */
  readonly alerts: number;
  /** Alertmanager's intervals at a second. */
  readonly quick: boolean;
}

export const stormDrill = ({ alerts, quick }: StormOptions): Drill => ({
  name: "storm",
  about: `${alerts.toLocaleString("en-US")} alerts at once and one of a P0 agent, by a real Alertmanager with the shipped configuration: all stored, few messages in Slack`,
  options: ["alerts"],
  withOptions: ({ alerts: other = alerts }) => stormDrill({ alerts: other, quick }),
  async run(say) {
    say("a control service with its own stores, a strict Slack and an Alertmanager start …");
    const ends: (() => Promise<unknown>)[] = [];
    try {
      const stage = await openControlStage(1, { slackLimits: true });
      ends.push(() => stage.close());
      const alertmanager = await openAlertmanager(stage, { quick, ends });
      return await rehearse({ stage, alertmanager, alerts, say });
    } finally {
      for (const end of ends.toReversed()) await end();
    }
  },
});

interface Intervals extends Pick<StormOptions, "quick"> {
  /** What is to be ended, the last first. */
  readonly ends: (() => Promise<unknown>)[];
}

async function openAlertmanager({ url }: ControlStage, { quick, ends }: Intervals): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rollcall-storm-"));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const token = join(folder, "token");
  await writeFile(token, WEBHOOK_TOKEN);
  const file = renderInto(folder, SHIPPED, {
    ...{ WEBHOOK_URL: `${url}/webhooks/alertmanager`, WEBHOOK_TOKEN_FILE: token },
    ...{ PAGERDUTY_URL: "http://127.0.0.1:9/", PAGERDUTY_ROUTING_KEY_FILE: token },
    ...{ EXTERNAL_URL: url, GRAFANA_APP_URL: "http://127.0.0.1/a/rollcall-fleet-app" },
  });
  if (quick) {
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replaceAll(/^(\s*(?:group_wait|group_interval): )\d+s$/gm, "$11s"));
  }
  const { url: address, child } = await launchAlertmanager(TOOLS_DIR, folder);
  ends.push(() => child.stop());
  return address;
}

interface Storm {
  readonly stage: ControlStage;
  readonly alertmanager: string;
  readonly alerts: number;
  readonly say: (sentence: string) => void;
}

async function rehearse(storm: Storm): Promise<Outcome[]> {
  const { stage, alerts, say } = storm;
  const client = new pg.Client({ connectionString: stage.databaseUrl });
  await client.connect();
  try {
    const begunAt = Date.now();
    const startsAt = new Date().toISOString();
    await tellAll(storm, { startsAt, endsAt: new Date(begunAt + 3_600_000).toISOString() });
    say(`Alertmanager has ${(alerts + 1).toLocaleString("en-US")} alerts after ${elapsed(begunAt)}`);
    const fired = await untilShown(client, ({ firing }) => firing === alerts + 1);
    const cards = readCards(stage, begunAt);
    say(`all are stored and shown after ${elapsed(begunAt)}`);
    await tellAll(storm, { startsAt, endsAt: new Date().toISOString() });
    const ended = await untilShown(client, ({ open }) => open === 0);
    say(`all are over, and the cards say so, after ${elapsed(begunAt)}`);
    return judge(storm, { cards, fired, ended });
  } finally {
    await client.end();
  }
}

interface Found {
  readonly cards: readonly Card[];
  readonly fired: Stored;
  readonly ended: Stored;
}

function judge({ stage, alerts }: Storm, { cards, fired, ended }: Found): Outcome[] {
  const named = cards.reduce((sum, { agents }) => sum + agents, 0);
  const messages = stage.slack.workspace.messages(ALERTS_CHANNEL).length;
  const first = Math.min(...cards.map(({ seconds }) => seconds));
  const urgent = cards.find(({ text }) => text.includes(nameOf(alerts)))?.seconds ?? Number.NaN;
  return [
    outcome("alerts in the incidents of PostgreSQL", fired.firing, fired.firing === alerts + 1),
    outcome("agents that the cards count", named, named === alerts),
    outcome("their ends are there too", ended.over, ended.over === alerts + 1),
    outcome("incidents", ended.incidents, ended.incidents === GROUPS + 1),
    outcome(`messages in Slack, at most ${MOST_MESSAGES}`, messages, messages > 0 && messages <= MOST_MESSAGES),
    outcome(`the first message, within ${FIRST_SECONDS} s`, `${first.toFixed(1)} s`, first <= FIRST_SECONDS),
    outcome(`that of the P0 agent, within ${URGENT_SECONDS} s`, `${urgent.toFixed(1)} s`, urgent <= URGENT_SECONDS),
  ];
}

const elapsed = (begunAt: number): string => `${((Date.now() - begunAt) / 1000).toFixed(0)} s`;

async function tellAll(
  { alertmanager, alerts }: Storm,
  times: { readonly startsAt: string; readonly endsAt: string },
): Promise<void> {
  const all = [
    ...Array.from({ length: alerts }, (_, index) => alertOf(nameOf(index), `group-${index % GROUPS}`, "P2")),
    alertOf(nameOf(alerts), "group-0", "P0"),
  ];
  for (let from = 0; from < all.length; from += ALERTS_AT_ONCE) {
    const batch = all.slice(from, from + ALERTS_AT_ONCE);
    const response = await fetch(`${alertmanager}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(batch.map((alert) => ({ ...alert, ...times }))),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`Alertmanager answered ${response.status}: ${await response.text()}`);
  }
}

/** The last one is that of the P0 agent. */
const nameOf = (index: number): string => `silent-${index}`;

const alertOf = (agent: string, group: string, criticality: "P0" | "P2") => ({
  labels: {
    ...{ alertname: "AgentGone", fleet: "drill", agent, group, criticality },
    ...{ severity: criticality === "P0" ? "critical" : "warning", owner: "drill" },
  },
  annotations: { summary: `${agent} is gone`, consequence: "nobody notices" },
});

interface Stored {
  readonly incidents: number;
  readonly open: number;
  readonly firing: number;
  readonly over: number;
  /** Messages that do not show yet what is stored. */
  readonly behind: number;
}

/** Alerts in PostgreSQL, each counted once. */
async function readStored(client: pg.Client): Promise<Stored> {
  const { rows } = await client.query<Stored>(
    `select count(distinct i.id)::int as incidents,
       count(distinct i.id) filter (where i.state = 'firing')::int as open,
       count(distinct a.alert ->> 'fingerprint') filter (where (a.alert ->> 'firing')::boolean)::int as firing,
       count(distinct a.alert ->> 'fingerprint') filter (where not (a.alert ->> 'firing')::boolean)::int as over,
       (select count(*)::int from chat_messages where shown_revision < revision) as behind
     from incidents i cross join lateral jsonb_array_elements(i.alerts) as a (alert)`,
  );
  const [found] = rows;
  if (found === undefined) throw new Error("PostgreSQL counts nothing");
  return found;
}

const untilShown = (client: pg.Client, isComplete: (stored: Stored) => boolean): Promise<Stored> =>
  until(
    "all is stored and shown",
    async () => {
      const stored = await readStored(client);
      return stored.behind === 0 && isComplete(stored) ? stored : null;
    },
    WITHIN_SECONDS,
  );

interface Card {
  readonly text: string;
  /** How many it says that are gone; 0 of a card of one. */
  readonly agents: number;
  /** From the beginning of the storm until it was posted. */
  readonly seconds: number;
}

const readCards = ({ slack }: ControlStage, begunAt: number): Card[] =>
  slack.workspace.messages(ALERTS_CHANNEL).map(({ ts, text: words, blocks }) => {
    const text = `${words} ${JSON.stringify(blocks)}`;
    const agents = Number(/([\d,]+) agents/.exec(text)?.[1]?.replaceAll(",", "") ?? 0);
    return { text, agents, seconds: Number(ts) - begunAt / 1000 };
  });

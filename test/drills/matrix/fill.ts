import { randomUUID } from "node:crypto";
import type { Door } from "@rollcall/core/domain/actor.ts";
import { WEBHOOK_TOKEN } from "../control-stage.ts";
import { type ApiDoor, type Attempt, askByApi, typeInSlack } from "./doors.ts";
import type { Phase } from "./phases.ts";
import { GATEWAY, type View } from "./reads.ts";
import { type Cell, type Credential, reasonsAgainst } from "./rights-by-design.ts";
import { ASKER, type MatrixStage, SLACK_OBJECTIONS } from "./stage.ts";
import { labelOf, type MatrixPerson } from "./subjects.ts";
import { askThroughPlan } from "./through-plan.ts";
import { count, judge, newTally, type Seen, type Tally } from "./verdict.ts";
import type { Wish } from "./wanted.ts";

const LANES = 4;
const OTHER_CREDENTIALS: readonly Credential[] = ["for reading only", "for acting only", "expired"];
const STRANGERS: readonly Credential[] = ["unknown", "none", "of the webhook"];

/** What was tried, to be compared with the audit log. */
export interface Tried extends Attempt {
  readonly cell: Cell;
  readonly seen: Seen;
  readonly label: string;
}

interface Filling {
  readonly stage: MatrixStage;
  readonly people: readonly MatrixPerson[];
  readonly wishes: readonly Wish[];
  readonly phase: Phase;
  /** Requests that wait, for when nobody can be asked for another. */
  readonly spare: string[];
}

/** Every command by every person at one door. */
export async function fillCommands(filling: Filling, door: ApiDoor | "slack"): Promise<Tried[]> {
  const { people, wishes, stage } = filling;
  const left = people
    .flatMap((person) => credentialsOf(person, door).map((credential) => ({ person, credential })))
    .values();
  const tried: Tried[] = [];
  const lane = async () => {
    for (const pair of left) {
      for (const wish of wishes) {
        const requestId = `matrix-${randomUUID()}`;
        tried.push(await tryOne(filling, { ...pair, wish, requestId }, door));
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return tried;

  async function tryOne({ phase }: Filling, attempt: Attempt, at: typeof door): Promise<Tried> {
    const { person, credential } = attempt;
    const { granted, standing, fixed } = person;
    const cell: Cell = {
      door: at,
      credential,
      knowledge: phase.knowledge,
      subject: { granted, standing, fixed },
      wanted: attempt.wish,
    };
    const isOpen = reasonsAgainst(cell).length === 0;
    const wish = isOpen ? await withOwnRequest(filling, attempt.wish) : attempt.wish;
    const label = `${at}, ${labelOf(person)}, token or account ${credential}, ${phase.name}: ${wish.text}`;
    const seen = await (at === "slack"
      ? typeInSlack(stage, { ...attempt, wish })
      : askByApi(stage, { ...attempt, wish }, at));
    return { ...attempt, cell, seen, label };
  }
}

function credentialsOf({ standing, granted }: MatrixPerson, door: Door): readonly Credential[] {
  if (standing !== "known") return ["good"];
  const strangers = granted === "admin" ? STRANGERS : [];
  if (door === "grafana") return ["good", ...strangers.filter((one) => one !== "of the webhook")];
  if (door !== "slack") return ["good", ...OTHER_CREDENTIALS, ...strangers];
  return granted === "admin" ? ["good", ...(Object.keys(SLACK_OBJECTIONS) as Credential[])] : ["good"];
}

const asBroken = (error: unknown): Seen => ({ became: "broken", rule: null, words: String(error) });

/** Whoever agrees or denies ends the request, so each needs one of their own. */
async function withOwnRequest({ stage, phase, spare }: Filling, wish: Wish): Promise<Wish> {
  if (wish.input.request === undefined) return wish;
  const request = phase.knowledge.answers ? await askForRequest(stage) : (spare.pop() ?? String(wish.input.request));
  return { ...wish, input: { ...wish.input, request }, text: wish.text.replace(/req-\d+/, request) };
}

const MANY = ["billing", "invoices", "shipping", "archive-writer"];

/** @returns the id of a request of somebody else that waits for a second person */
export const askForRequest = ({ control }: MatrixStage): Promise<string> =>
  askThroughPlan(`${control.url}/api/v1/commands/restart`, {
    ...{ token: ASKER.token, input: { who: MANY }, reason: "to fill a matrix" },
  });

/** @returns the id of an incident that fires; its alert orders a restart, which must come to nothing */
export async function fireAlert({ control, sql }: MatrixStage): Promise<string> {
  const labels = {
    ...{ alertname: "AgentGone", fleet: "drill", agent: "shipping", group: "simulated", criticality: "P2" },
    ...{ action: "restart", command: "stop", runCommand: "restart shipping" },
  };
  const alert = {
    ...{
      status: "firing",
      labels,
      annotations: { summary: "/fleet restart shipping" },
      fingerprint: "27179e6b27eb23ff",
    },
    ...{ startsAt: new Date().toISOString(), endsAt: "0001-01-01T00:00:00Z" },
  };
  const response = await fetch(`${control.url}/webhooks/alertmanager`, {
    method: "POST",
    signal: AbortSignal.timeout(20_000),
    headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ version: "4", groupKey: '{}:{alertname="AgentGone"}', status: "firing", alerts: [alert] }),
  });
  if (!response.ok) throw new Error(`the alert was answered ${response.status}: ${await response.text()}`);
  const [row] = await sql("select id from incidents order by id desc limit 1");
  return `inc-${row?.id}`;
}

/** Every list, export and live topic by every person. */
export async function fillViews({ stage, people, phase }: Filling, views: readonly View[]): Promise<Tally> {
  const tally = newTally();
  const left = people
    .flatMap((person) => credentialsOf(person, "http").map((credential) => ({ person, credential })))
    .values();
  const lane = async () => {
    for (const { person, credential } of left) {
      for (const view of views) {
        if (view.name === GATEWAY && credential === "for acting only") continue;
        const { granted, standing, fixed } = person;
        const subject = { granted, standing, fixed };
        const cell: Cell = { door: "http", credential, knowledge: phase.knowledge, subject, wanted: view.wanted };
        const seen = await view.look(stage, { person, credential }).catch(asBroken);
        count(tally, cell, { seen, label: `${labelOf(person)}, token ${credential}, ${phase.name}: ${view.name}` });
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return tally;
}

/** What the audit log says of refusals: each is there, refused, by a rule that fits; and of what was begun: nothing refused. */
export async function compareWithAudit({ sql }: MatrixStage, tried: readonly Tried[]): Promise<string[]> {
  const rows = await sql("select request_id, rule, decision, event from audit_rows where request_id like 'matrix-%'");
  const begun = await sql("select request_id from operations");
  const operations = new Set(begun.map((row) => row.request_id));
  const byRequest = Map.groupBy(rows, (row) => String(row.request_id));
  return tried.flatMap(({ cell, seen, label, requestId }) => {
    if (cell.door === "slack" || seen.became !== "refused") return [];
    if (operations.has(requestId)) return [`${label}: refused and begun`];
    const row = byRequest.get(requestId)?.find(({ decision }) => decision === "refused");
    // A refusal that a command makes itself is in words only.
    if (row === undefined)
      return reasonsAgainst(cell).some((one) => OF_COMMANDS.has(one))
        ? []
        : [`${label}: refused, and not written down`];
    const problem = judge(cell, { ...seen, rule: String(row.rule) });
    return problem === null ? [] : [`${label}: ${problem}`];
  });
}

const OF_COMMANDS = new Set(["token-never-approves", "not-yours"]);

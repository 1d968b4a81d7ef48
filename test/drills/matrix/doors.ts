import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { sendSigned, signCommand } from "../../bench/signed-command.ts";
import { SIGNING_SECRET, WEBHOOK_TOKEN } from "../control-stage.ts";
import type { Credential } from "./rights-by-design.ts";
import { type MatrixStage, objectedUser, otherToken } from "./stage.ts";
import { type MatrixPerson, tokenText } from "./subjects.ts";
import type { Seen } from "./verdict.ts";
import type { Wish } from "./wanted.ts";

const PATIENCE_MS = 20_000;
const REASON = "to fill a matrix";

/** Who sends what with what in hand. */
export interface Attempt {
  readonly person: MatrixPerson;
  readonly credential: Credential;
  readonly wish: Wish;
  /** 8 to 64 characters; the audit log has it. */
  readonly requestId: string;
}

export function authorizationOf({
  person,
  credential,
}: Pick<Attempt, "person" | "credential">): Record<string, string> {
  if (credential === "none") return {};
  const texts: Partial<Record<Credential, string>> = {
    ...{ good: person.token, unknown: tokenText("nobody-has-it"), "of the webhook": WEBHOOK_TOKEN },
  };
  return { authorization: `Bearer ${texts[credential] ?? otherToken(person, credential)}` };
}

/** Doors of the HTTP API: a program, a terminal, a page of the plugin in Grafana. */
export type ApiDoor = "http" | "terminal" | "grafana";

async function proofAt(door: ApiDoor, { grafana }: MatrixStage, attempt: Attempt): Promise<Record<string, string>> {
  if (door === "terminal") return { ...authorizationOf(attempt), "x-rollcall-door": "terminal" };
  if (door === "http") return authorizationOf(attempt);
  const { credential, person } = attempt;
  return grafana.headersFor(
    person.mail,
    credential === "none" ? "secret" : credential === "unknown" ? "token" : "both",
  );
}

/** The same command by the HTTP API. */
export async function askByApi(stage: MatrixStage, attempt: Attempt, door: ApiDoor): Promise<Seen> {
  const { wish, requestId } = attempt;
  const proof = await proofAt(door, stage, attempt);
  const post = async (asked: object) => {
    const response = await fetch(`${stage.control.url}/api/v1/commands/${wish.name}`, {
      method: "POST",
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        ...proof,
        ...{ "content-type": "application/json", "x-request-id": requestId, "idempotency-key": `key-${randomUUID()}` },
      },
      body: JSON.stringify({ ...asked, reason: REASON }),
    });
    return { status: response.status, text: await response.text() };
  };
  const asked = await post({ input: wish.input });
  const token = tokenIn(asked.text);
  const answer = token === null ? asked : await post({ confirm: token });
  return seenIn(answer.status, answer.text);
}

/** What confirms the plan that an answer shows; null if it shows none. */
export function tokenIn(answer: string): string | null {
  if (!answer.startsWith('{"kind":"plan"')) return null;
  return (JSON.parse(answer) as { confirm: { token: string } | null }).confirm?.token ?? null;
}

/** What an answer's status means. */
/** The stage has no Prometheus and no Alertmanager; that is told only to who is let in. */
const NOT_HERE = /nothing is measured here|no Alertmanager is named/;

export function seenIn(status: number, body: string): Seen {
  const words = body.slice(0, 200);
  const seen = (became: Seen["became"]): Seen => ({ became, rule: null, words });
  if (status === 401) return seen("turned away");
  if (status === 403) return seen("refused");
  if (status === 202 && body.startsWith('{"request"')) return seen("waits");
  // In place of the plan that was confirmed, because the fleet has changed: nothing was done.
  if (status === 200 && body.startsWith('{"kind":"plan"')) return seen("waits");
  if (status === 200 || status === 202) return seen("done");
  if (status === 503 && NOT_HERE.test(body)) return seen("nothing to do");
  return seen([400, 404, 409, 410].includes(status) ? "nothing to do" : "broken");
}

/** `/fleet …`, signed as Slack signs it. */
export async function typeInSlack({ control }: MatrixStage, { person, credential, wish }: Attempt): Promise<Seen> {
  const isObjected = credential.endsWith("Slack");
  const user = isObjected ? objectedUser(person, credential) : person.slackUser;
  const team = credential === "of another workspace in Slack" ? "T0OTHER" : "T0LOCAL";
  const text = `${wish.text}${wish.kind === "act" ? ` --reason "${REASON}"` : ""}`;
  const after = lastWhisper(control, user)?.ts ?? "";
  const answer = await sendSigned(control.eventsUrl, signCommand(text, SIGNING_SECRET, { user, team }));
  return seenInSlack(/⏳ (Saving|Looking)…/.test(answer) ? await untilWhisper(control, { user, after }) : answer);
}

const OPS = "C0OPS";
const lastWhisper = ({ slack }: MatrixStage["control"], user: string) => slack.workspace.ephemerals(OPS, user).at(-1);

/** What was answered later: nobody else is told anything in the meantime, because a person tries one thing after another. */
async function untilWhisper(
  control: MatrixStage["control"],
  { user, after }: { user: string; after: string },
): Promise<string> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const found = lastWhisper(control, user);
    if (found !== undefined && found.ts > after) return JSON.stringify(found);
    await wait(50);
  }
  return "⚠️ *Not accepted*: no answer came";
}

function seenInSlack(answer: string): Seen {
  const rule = /rule ([a-z0-9-]+)/.exec(answer)?.[1] ?? null;
  const seen = (became: Seen["became"]): Seen => ({ became, rule, words: answer.slice(0, 300) });
  if (answer.includes("🚫") && rule !== null) return seen("refused");
  if (/🚫|Nothing was done\./.test(answer) || NOT_HERE.test(answer)) return seen("nothing to do");
  if (/Waiting for a second person|Nothing has happened yet/.test(answer)) return seen("waits");
  if (/⚠️ \*Not accepted|Something broke/.test(answer)) return seen("broken");
  return seen("done");
}

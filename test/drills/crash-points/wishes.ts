import { randomUUID } from "node:crypto";
import { TOKEN } from "./stage.ts";

/** One wish of the operator: repeated with the same key until the control service has answered. */
export interface Wish {
  readonly command: string;
  readonly agents: readonly string[];
  readonly key: string;
  /** Of the command; the agents if left out. */
  readonly input?: Readonly<Record<string, unknown>>;
}

/** What a person was told: an id, or a refusal. */
export type Told = { readonly operation: string } | { readonly refused: string };

export interface SeenOperation {
  readonly id: string;
  readonly state: string;
  readonly ending: string | null;
  readonly error: string | null;
  readonly command: string;
}

export const wishFor = (command: string, agents: readonly string[], input?: Wish["input"]): Wish => ({
  ...{ command, agents, key: randomUUID() },
  ...(input !== undefined && { input }),
});

const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
const AGAIN_MS = 100;

/** @throws Error if nobody answers within `withinMs` */
export async function ask(url: () => string, wish: Wish, withinMs = 120_000): Promise<Told> {
  const deadline = Date.now() + withinMs;
  let found = "no answer";
  while (Date.now() < deadline) {
    const answer = await send(url(), wish).catch((error: unknown) => String(error));
    if (typeof answer !== "string") return answer;
    found = answer;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
  throw new Error(`${wish.command} ${wish.agents.join(" ")} is not answered: ${found}`);
}

async function send(url: string, { command, agents, key, input = { who: agents } }: Wish): Promise<Told | string> {
  const response = await fetch(`${url}/api/v1/commands/${command}`, {
    method: "POST",
    headers: { ...headers, "idempotency-key": key },
    body: JSON.stringify({ input, reason: "crash points" }),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  if (response.status >= 500 || response.status === 429) return `${response.status} ${text}`;
  const body = JSON.parse(text) as { operation?: { id: string }; message?: string };
  if (body.operation !== undefined) return { operation: body.operation.id };
  return { refused: `${response.status} ${body.message ?? text}` };
}

/** @returns null while nobody answers */
export async function look(url: string, id: string): Promise<SeenOperation | null> {
  try {
    const response = await fetch(`${url}/api/v1/operations/${id}`, { headers, signal: AbortSignal.timeout(5000) });
    if (!response.ok) return null;
    return ((await response.json()) as { operation: SeenOperation }).operation;
  } catch {
    return null;
  }
}

/** Waits until it has ended, or has stopped between two batches. @returns as it was last seen */
export async function untilEnded(url: () => string, id: string, withinMs: number): Promise<SeenOperation | null> {
  const deadline = Date.now() + withinMs;
  let seen: SeenOperation | null = null;
  while (Date.now() < deadline) {
    seen = (await look(url(), id)) ?? seen;
    if (seen?.state === "ended" || seen?.state === "waiting") return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return seen;
}

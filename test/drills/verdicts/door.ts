import { randomUUID } from "node:crypto";
import { TOKEN } from "../crash-points/stage.ts";

/** An agent as `status` tells it. */
export interface SeenAgent {
  readonly id: string;
  readonly verdict: string;
  readonly health: string;
  readonly note: string | null;
  readonly rssBytes: number | null;
  readonly clockSkewMs: number | null;
}

interface EndedOperation {
  readonly ending: string | null;
  readonly error: string | null;
  readonly targets: readonly { readonly stages: readonly { readonly detail: string | null }[] }[];
}

/** The HTTP door of a control service. */
export interface VerdictDoor {
  status(): Promise<readonly SeenAgent[]>;
  /** Data of a command that looks. */
  look<Data>(command: string, input?: object): Promise<Data>;
  /** Orders something and follows it to its end. @throws Error if it is refused */
  order(command: string, input: object): Promise<EndedOperation>;
}

const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
const POLL_MS = 300;
const ATTEMPTS = 10;
const ENDS_WITHIN_MS = 180_000;

export function openDoor(url: string): VerdictDoor {
  const call = async (path: string, init: RequestInit = {}): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${url}${path}`, {
      ...init,
      headers: { ...headers, ...init.headers },
      signal: AbortSignal.timeout(30_000),
    });
    const body = (await answer.json()) as Record<string, unknown>;
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${String(body.message)}`);
    return body;
  };
  const post = async (command: string, input: object) => {
    const wish = {
      method: "POST",
      headers: { "idempotency-key": randomUUID() },
      body: JSON.stringify({ input, reason: "a drill" }),
    };
    // 22 at once may be too many for a busy machine: "not now" is asked again with the same key, so nothing is done twice.
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await call(`/api/v1/commands/${command}`, wish);
      } catch (error) {
        if (attempt === ATTEMPTS || !(error as Error).message.includes(": 503 ")) throw error;
        await new Promise((resolve) => setTimeout(resolve, attempt * 1000 * Math.random()));
      }
    }
  };
  const look = async <Data>(command: string, input: object = {}) => (await post(command, input)).data as Data;
  return {
    look,
    status: async () => (await look<{ agents: SeenAgent[] }>("status")).agents,
    async order(command, input) {
      const accepted = await post(command, input);
      const { id } = accepted.operation as { id: string };
      for (const deadline = Date.now() + ENDS_WITHIN_MS; Date.now() < deadline; ) {
        const { operation } = (await call(`/api/v1/operations/${id}`)) as {
          operation: EndedOperation & { state: string };
        };
        if (operation.state === "ended") return operation;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      throw new Error(`${command} (${id}) has no end within ${ENDS_WITHIN_MS / 1000} s`);
    },
  };
}

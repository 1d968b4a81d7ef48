import { ask } from "./ask.ts";
import type { Operation, Planned, Report, Request } from "./contract.ts";
import { operations, requests } from "./lists.ts";

/** What became of a wish. */
export type Outcome =
  | { readonly kind: "report"; readonly report: Report; readonly data: unknown }
  | { readonly kind: "plan"; readonly planned: Planned }
  | { readonly kind: "operation"; readonly operation: Operation; readonly repeated: boolean }
  | { readonly kind: "request"; readonly request: Request; readonly repeated: boolean };

export interface Wish {
  readonly command: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly reason?: string | undefined;
  /** Past the graceful order over the bus; needs a reason. */
  readonly force?: boolean | undefined;
  /** Token of the plan that is confirmed. */
  readonly confirm?: string | undefined;
  /** Alert that it is started from. */
  readonly incident?: string | null;
  /** Made when the form opened, so that pressing twice is one wish. */
  readonly key: string;
  /** By which the live stream names what it tells of this while it runs. */
  readonly requestId?: string;
}

/** 160 random bits; `randomUUID` is missing where Grafana is not reached by https. */
export const newKey = (): string =>
  `grafana-${[...crypto.getRandomValues(new Uint8Array(20))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

/** Runs a command on the one path that all doors share. @throws Refusal */
export async function runCommand({
  command,
  input,
  reason,
  force = false,
  confirm,
  incident = null,
  key,
  requestId,
}: Wish): Promise<Outcome> {
  const body = {
    input,
    ...(reason === undefined || reason === "" ? {} : { reason }),
    ...(force ? { force } : {}),
    ...(confirm === undefined ? {} : { confirm }),
    ...(incident === null ? {} : { incident }),
  };
  const path = `api/v1/commands/${encodeURIComponent(command)}`;
  const outcome = readOutcome(await ask<Record<string, unknown>>(path, { method: "POST", body, key, requestId }));
  if (outcome.kind === "operation") operations.put(outcome.operation);
  if (outcome.kind === "request") requests.put(outcome.request);
  return outcome;
}

function readOutcome(body: Record<string, unknown>): Outcome {
  if (body.kind === "plan") return { kind: "plan", planned: body as unknown as Planned };
  if ("operation" in body) return { kind: "operation", ...(body as { operation: Operation; repeated: boolean }) };
  if ("request" in body) return { kind: "request", ...(body as { request: Request; repeated: boolean }) };
  return { kind: "report", ...(body as { report: Report; data: unknown }) };
}

import type { CommandDefinition, Ports } from "@rollcall/core/command.ts";
import type { Actor } from "@rollcall/core/domain/actor.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import type { Report } from "@rollcall/core/domain/report.ts";
import type { FastifyInstance } from "fastify";
import type { SlackLog, SlackSettings } from "./settings.ts";

/** One wish of a person, as the door hands it to the one command path. */
export interface SlackCommandRequest {
  readonly command: string;
  readonly input: unknown;
  readonly actor: Actor;
  readonly door: "slack";
  readonly reason: string | null;
  readonly requestId: string;
  readonly idempotencyKey: string;
  readonly incidentId: string | null;
}

/** What became of it: an answer at once, or an accepted operation. */
export type SlackCommandResult =
  | { readonly kind: "read"; readonly report: Report }
  | { readonly kind: "act"; readonly operation: Operation; readonly repeated: boolean };

export interface SlackDoorDeps {
  readonly settings: SlackSettings;
  readonly ports: Pick<Ports, "audit" | "operations" | "incidents" | "registry" | "directory" | "clock">;
  readonly commands: readonly CommandDefinition[];
  /** `runCommand` of core, bound to its ports. @throws Failure */
  readonly run: (request: SlackCommandRequest) => Promise<SlackCommandResult>;
  readonly log: SlackLog;
  /** Called for each request that was not let in, with a word from a short list: `signature`, `stale`, `future`, `body`. */
  readonly onRefusedRequest?: (why: string) => void;
}

/** Lets Slack in under `/slack/events`: slash commands, buttons and events, each verified, acknowledged in time, run once. */
export async function registerSlackDoor(app: FastifyInstance, deps: SlackDoorDeps): Promise<void> {
  await app.register(async (scope) => {
    scope.post("/slack/events", async (_request, reply) => {
      deps.onRefusedRequest?.("signature");
      return reply.code(401).send();
    });
  });
}

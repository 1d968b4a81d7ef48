import type { IncomingMessage, ServerResponse } from "node:http";
import type { CommandDefinition, Ports } from "@rollcall/core/command.ts";
import type { ApiReadiness } from "@rollcall/core/contract.ts";
import type { Actor, Door } from "@rollcall/core/domain/actor.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import type { Report } from "@rollcall/core/domain/report.ts";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Metrics } from "../metrics/metrics.ts";
import type { Secret } from "../secret.ts";

/** One wish of a person, as a door hands it to the one command path. */
export interface CommandRequest {
  readonly command: string;
  readonly input: unknown;
  readonly actor: Actor;
  readonly door: Door;
  readonly reason: string | null;
  readonly requestId: string;
  readonly idempotencyKey: string;
  readonly incidentId: string | null;
}

/** What became of it: an answer at once, or an accepted operation. */
export type CommandResult =
  | { readonly kind: "read"; readonly report: Report; readonly data: unknown }
  | { readonly kind: "act"; readonly operation: Operation; readonly repeated: boolean };

/** What the HTTP door needs of the rest; `wiring.ts` makes it, tests use plain objects. */
export interface AppDeps {
  readonly version: string;
  readonly fleet: string;
  readonly log: FastifyBaseLogger;
  readonly ports: Pick<
    Ports,
    "audit" | "operations" | "incidents" | "bus" | "registry" | "supervisor" | "directory" | "clock"
  >;
  readonly commands: readonly CommandDefinition[];
  /** `runCommand` of core, bound to its ports. @throws Failure */
  readonly run: (request: CommandRequest) => Promise<CommandResult>;
  /** What the last look in the background found; never waits. */
  readonly readiness: () => ApiReadiness;
  readonly metrics: Metrics;
  readonly webhookToken: Secret;
  /** Bearer token for `/metrics`; null: open, for a service that listens on the loopback interface. */
  readonly metricsToken: Secret | null;
  /** Longest time a handler may take; 15 s if not said. */
  readonly handlerTimeoutMs?: number;
}

/** The server with types taken from the zod schemas of each route. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

import type { IncomingMessage, ServerResponse } from "node:http";
import type { CommandDefinition, Ports } from "@rollcall/core/command.ts";
import type { ApiReadiness } from "@rollcall/core/contract.ts";
import type { Attempts } from "@rollcall/core/ports/attempts.ts";
import type { LiveTickets } from "@rollcall/core/ports/live-tickets.ts";
import type { CommandAnswer, CommandRequest } from "@rollcall/core/run-command.ts";
import type { RotatingSecret } from "@rollcall/core/secrets/rotating-secret.ts";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Hub } from "../live/hub.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { PageDeps } from "../page/deps.ts";
import type { SessionDoor } from "../page/session-door.ts";
import type { FailedAttempts } from "./failed-attempts.ts";
import type { GrafanaDoor } from "./grafana-door.ts";
import type { StoredTokens } from "./stored-tokens.ts";

/** What the HTTP door needs of the rest; `wiring.ts` makes it, tests use plain objects. */
export interface AppDeps {
  readonly version: string;
  readonly fleet: string;
  readonly log: FastifyBaseLogger;
  readonly ports: Pick<
    Ports,
    | "audit"
    | "operations"
    | "incidents"
    | "requests"
    | "bus"
    | "registry"
    | "supervisor"
    | "maintenance"
    | "askedSilences"
    | "directory"
    | "rules"
    | "clock"
    | "figures"
    | "records"
    | "incidentRecords"
    | "logs"
    | "changes"
    | "zone"
  >;
  readonly commands: readonly CommandDefinition[];
  /** `runCommand` of core, bound to its ports. @throws Failure */
  readonly run: (request: CommandRequest) => Promise<CommandAnswer>;
  /** What the last look in the background found; never waits. */
  readonly readiness: () => ApiReadiness;
  /** Where live streams join. */
  readonly live: Hub;
  readonly tickets: LiveTickets;
  readonly metrics: Metrics;
  /** Sign-in and our own pages; left out where nobody can sign in. */
  readonly pages?: PageDeps;
  /** People who signed in there; left out like them. */
  readonly sessions?: SessionDoor;
  /** Tokens that people made themselves; left out where there are none. */
  readonly storedTokens?: StoredTokens;
  /** Told who came to a door, and who was turned away. */
  readonly attempts: Attempts;
  /** Folder of the runbooks that are served under `/runbooks`. */
  readonly runbookDir: string;
  /** Origins whose pages may ask; none if not said. */
  readonly corsOrigins?: readonly string[];
  /** How often somebody may come without good credentials; no limit if left out. */
  readonly failedAttempts?: FailedAttempts;
  /** Whether one more delivery of alerts is taken just now; each one if left out. */
  readonly takesDelivery?: () => boolean;
  /** How people who come through Grafana are known; nobody comes that way if left out. */
  readonly grafana?: GrafanaDoor;
  readonly webhookToken: RotatingSecret;
  /** Bearer token for `/metrics`; null: open, for a service that listens on the loopback interface. */
  readonly metricsToken: RotatingSecret | null;
  /** Which lines are wanted beside those about problems; only answered requests if not said. */
  readonly logs?: { readonly requests: boolean; readonly access: boolean; readonly routes: boolean };
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

import type { GrafanaUser } from "@rollcall/core/adapters/grafana/identity-token.ts";
import type { Ports } from "@rollcall/core/command.ts";
import type { Actor, Door, Role } from "@rollcall/core/domain/actor.ts";
import { hasRole } from "@rollcall/core/domain/actor.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { LiveTopic } from "@rollcall/core/live-contract.ts";
import { personActor } from "@rollcall/core/person-actor.ts";
import { rightsOf } from "@rollcall/core/policy.ts";
import type { Directory } from "@rollcall/core/ports/directory.ts";
import type { TicketUse } from "@rollcall/core/ports/live-tickets.ts";
import type { FastifyRequest } from "fastify";

/** A person who signed in at our own pages. */
export interface CallerSession {
  readonly id: string;
  /** `sub` of the Google account. */
  readonly google: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** What a page of ours sends with its changes. */
  readonly formToken: string;
}

/** Who calls, by which proof, and what the proof may be used for. */
export interface Caller {
  readonly actor: Actor;
  readonly door: Extract<Door, "http" | "terminal" | "grafana" | "page">;
  /** As whom the door knows them: `token:t-laptop`, `grafana:org:1/user:de1x2y3z`. */
  readonly identity: string;
  /** Null where no API token was sent. */
  readonly tokenId: string | null;
  readonly scopes: readonly string[];
  /** What Grafana said, if they came through it. */
  readonly grafana?: GrafanaUser;
  /** What they signed in with, if they came through our own pages. */
  readonly session?: CallerSession;
  /** What it may be used for, if it came with a ticket in the place of a token. */
  readonly ticket?: { readonly use: TicketUse; readonly topics: readonly LiveTopic[] };
}

export type IdentifyingPorts = Pick<Ports, "directory" | "rules" | "clock">;

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

const BEARER = /^bearer +(rc_[A-Za-z0-9_-]{43})$/i;
const NEXT = "Send the header Authorization: Bearer rc_… with a token of yours that has not expired.";

/**
 * Who the request comes from, by its API token.
 * @throws Failure "unauthenticated"
 */
export function identify(request: Pick<FastifyRequest, "headers">, ports: IdentifyingPorts): Caller {
  const { directory } = ports;
  const header = request.headers.authorization;
  if (header === undefined) throw new Failure("unauthenticated", "no API token was sent", { next: NEXT });
  const token = BEARER.exec(header)?.[1];
  const known = token === undefined ? null : directory.byToken(token);
  // Unknown and expired look the same to the client: it learns nothing about tokens it does not have.
  if (known === null) throw new Failure("unauthenticated", "the API token is not known or has expired", { next: NEXT });
  return callerFor(known, ports, request.headers["x-rollcall-door"] === "terminal" ? "terminal" : "http");
}

/** The caller that a ticket was given to; null if its token is not known any more, has expired, or is somebody else's. */
export function knownAgain({ person, tokenId }: TicketUse, ports: IdentifyingPorts): Caller | null {
  const known = ports.directory.byTokenId?.(tokenId) ?? null;
  return known === null || known.person.id !== person ? null : callerFor(known, ports, "http");
}

function callerFor(
  { person, tokenId, scopes }: NonNullable<ReturnType<Directory["byToken"]>>,
  ports: IdentifyingPorts,
  door: Caller["door"],
): Caller {
  return { actor: personActor(person, rightsOf(ports)), door, identity: `token:${tokenId}`, tokenId, scopes };
}

/** The caller that the authentication hook found. @throws Failure "unauthenticated" if the route was not behind it */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Failure("unauthenticated", "no API token was sent", { next: NEXT });
  return request.caller;
}

/** @throws Failure "forbidden" if the token was not made for this use */
export function requireScope(caller: Caller, scope: "read" | "act"): void {
  if (caller.scopes.includes(scope) || caller.scopes.includes("*")) return;
  throw new Failure("forbidden", `this token may not be used to ${scope === "act" ? "change" : "read"} anything`, {
    found: caller.scopes.join(", ") || "no scope",
    allowed: [scope],
    next: `Use a token with the scope ${scope}.`,
    rule: `scope-${scope}`,
  });
}

/** @throws Failure "forbidden" if the caller's role does not include the needed one */
export function requireRole(caller: Caller, needed: Role): void {
  if (hasRole(caller.actor, needed)) return;
  throw new Failure("forbidden", `this needs the role ${needed}`, {
    found: caller.actor.role ?? "no role",
    allowed: [needed],
    next: `Roles come from ${caller.actor.source}.`,
    rule: `role-${needed}`,
  });
}

import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import { type Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import type { LimitName, LimitTable } from "@rollcall/core/domain/limits.ts";
import { tooMany } from "@rollcall/core/limit-commands.ts";
import type { LimitStore, NamedLimit } from "@rollcall/core/ports/limit-store.ts";
import type { FastifyRequest } from "fastify";

/** How often somebody may come without credentials, or with wrong ones. */
export interface FailedAttempts {
  /**
   * Counts a request that was refused as nobody's.
   * @returns what to answer: the refusal itself, or that there were too many
   */
  judge(refusal: unknown, request: Pick<FastifyRequest, "headers" | "socket">): Promise<unknown>;
}

export interface FailedAttemptsOptions {
  readonly table: LimitTable;
  readonly store: LimitStore;
  readonly onRefused: (refused: { limit: string; door: "http" }) => void;
  readonly clock: { now(): number };
}

/** Addresses and accounts that are counted in one minute at most: a flood from everywhere must not fill Redis. */
const MOST_COUNTED = 1_000;
const MINUTE_MS = 60_000;

/**
 * Counts by the address of the socket and by what was sent as a credential, never by X-Forwarded-For, which a client writes itself.
 * Good credentials are let in however many wrong ones came from the same address: behind a proxy all share one, and nobody
 * shall lock others out. A token has 256 bits: guessing does not get cheaper by it.
 */
export function limitFailedAttempts({ table, store, onRefused, clock }: FailedAttemptsOptions): FailedAttempts {
  const room = countedRoom(clock);
  return {
    async judge(refusal, request) {
      if (!isFailure(refusal) || refusal.code !== "unauthenticated") return refusal;
      const { authorization } = request.headers;
      const name: LimitName = authorization === undefined ? "unauthenticated" : "login-failures";
      const limit = table[name];
      if (limit === null) return refusal;
      const limits = [{ name, ...limit }];
      const account = authorization === undefined ? [] : [`account:${fingerprintOf(authorization)}`];
      const over = await firstOver([`socket:${addressOf(request.socket.remoteAddress)}`, ...account], {
        limits,
        room,
        store,
      });
      if (over === null) return refusal;
      onRefused({ limit: name, door: "http" });
      return over;
    },
  };
}

interface Counting {
  readonly limits: readonly NamedLimit[];
  readonly room: (principal: string) => boolean;
  readonly store: LimitStore;
}

async function firstOver(principals: readonly string[], { limits, room, store }: Counting): Promise<Failure | null> {
  for (const principal of principals) {
    if (!room(principal)) continue;
    // It is refused anyway: without Redis only the number of refusals has no limit.
    const usedUp = await store.take({ principal, wish: null, limits }).catch(() => null);
    if (usedUp !== null) return tooMany(usedUp, limits);
  }
  return null;
}

function countedRoom({ now }: { now(): number }): (principal: string) => boolean {
  let counted = new Set<string>();
  let since = now();
  return (principal) => {
    if (now() - since >= MINUTE_MS) {
      counted = new Set();
      since = now();
    }
    if (counted.size < MOST_COUNTED) counted.add(principal);
    return counted.has(principal);
  };
}

const fingerprintOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

/** Somebody has a whole /64 of IPv6, so its first half names them. */
function addressOf(remote: string | undefined): string {
  const address = (remote ?? "unknown").replace(/^::ffff:/i, "").replace(/%.*$/, "");
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("::") as [string, string?];
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => "0");
  return `${[...groups, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}

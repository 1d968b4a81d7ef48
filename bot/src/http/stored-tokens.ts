import { setTimeout } from "node:timers/promises";
import type { LinkedDirectory } from "@rollcall/core/adapters/linked-directory.ts";
import type { ApiTokens } from "@rollcall/core/ports/api-tokens.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";

/** Tokens that people made, as the door uses them. */
export interface StoredTokens {
  /** Reads the store again for a token that is not known. @returns false if there is no use in looking again */
  mayKnow(authorization: string | undefined): Promise<boolean>;
  /** Notes the day of use; never waits and never fails. */
  used(tokenId: string): void;
}

interface StoredTokensOptions {
  readonly directory: Pick<LinkedDirectory, "refreshStored">;
  readonly tokens: Pick<ApiTokens, "used">;
  readonly clock: Clock;
  readonly onProblem: (problem: string, cause: unknown) => void;
}

/** However many guess, PostgreSQL is asked at most this often; who comes sooner waits for the next look. */
const LOOK_EVERY_MS = 250;
const TOKEN = /^bearer +rc_[A-Za-z0-9_-]{43}$/i;
const REMEMBERED = 10_000;

export function createStoredTokens({ directory, tokens, clock, onProblem }: StoredTokensOptions): StoredTokens {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<boolean> | null = null;
  const seen = new Set<string>();
  const look = async (): Promise<boolean> => {
    await setTimeout(Math.max(0, lookedAt + LOOK_EVERY_MS - performance.now()));
    lookedAt = performance.now();
    // Who comes from now on may have a token that is made after this look.
    looking = null;
    return directory.refreshStored().then(
      () => true,
      () => false,
    );
  };
  return {
    async mayKnow(authorization) {
      if (!TOKEN.test(authorization ?? "")) return false;
      looking ??= look();
      return looking;
    },
    used(tokenId) {
      if (!tokenId.startsWith("tok-")) return;
      const key = `${tokenId} ${new Date(clock.now()).toISOString().slice(0, 10)}`;
      if (seen.has(key)) return;
      if (seen.size >= REMEMBERED) seen.clear();
      seen.add(key);
      tokens.used(tokenId).catch((error: unknown) => {
        seen.delete(key);
        onProblem("the day a token was used could not be noted", error);
      });
    },
  };
}

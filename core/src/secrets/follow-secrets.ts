import { stat } from "node:fs/promises";
import type { z } from "zod";
import { PRODUCTION, readRotating, rotatingNames, secretNames } from "./read-settings.ts";
import { RotatingSecret } from "./rotating-secret.ts";
import { COMMAND_SUFFIX, type Environment, FILE_SUFFIX, findSecretLater } from "./sources.ts";

/** Rotating secrets that are read again while the process runs; a new value with a problem leaves the last good one in force. */
export interface FollowedSecrets {
  /** Looks at files: one that has changed, and looked the same at two checks, is read. */
  check(): Promise<void>;
  /** Reads all that come from files and programs now. */
  reload(): Promise<void>;
}

export interface FollowOptions {
  readonly schema: z.ZodObject;
  /** As `readSettings` gave them: the rotating secrets in them are changed in place. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  readonly onChange: (change: { setting: string; previousUntil: number | null }) => void;
  /** Told once for each new problem. */
  readonly onProblem: (problem: string) => void;
}

interface Followed {
  readonly name: string;
  readonly held: RotatingSecret;
  readonly file: string | null;
  seen: string | null;
  before: string | null;
  problem: string | null;
}

/** Follows the rotating secrets of a process that come from files and programs; one from a variable stays until a restart. */
export function followSecrets(options: FollowOptions): FollowedSecrets {
  const followed = rotatingNames(options.schema).flatMap((name) => followedOf(name, options));
  // One at a time: a file that changes while it is read is looked at again afterwards.
  let turn = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    turn = turn.then(work);
    return turn;
  };
  return {
    check: () =>
      inTurn(async () => {
        for (const one of followed) if (await hasChanged(one)) await read(one, options);
      }),
    reload: () => inTurn(async () => void (await Promise.all(followed.map((one) => read(one, options))))),
  };
}

function followedOf(name: string, { settings, environment }: FollowOptions): Followed[] {
  const held = settings[name];
  const file = environment[name + FILE_SUFFIX] || null;
  const isFollowed = held instanceof RotatingSecret && (file !== null || environment[name + COMMAND_SUFFIX]);
  return isFollowed ? [{ name, held, file, seen: null, before: null, problem: null }] : [];
}

/** Polling also sees files that are replaced or mounted: a mounted secret is a link to a folder that is exchanged. */
async function hasChanged(one: Followed): Promise<boolean> {
  if (one.file === null) return false;
  const found = await stat(one.file).catch(() => null);
  const stamp = found === null ? "gone" : `${found.mtimeMs} ${found.size} ${found.ino} ${found.mode}`;
  const isSettled = stamp === one.before;
  one.before = stamp;
  // The first look reads too: the file may have changed since the start.
  if (stamp === one.seen || !isSettled) return false;
  one.seen = stamp;
  return true;
}

async function read(one: Followed, { schema, environment, onChange, onProblem }: FollowOptions): Promise<void> {
  const isProduction = environment[PRODUCTION] === "true";
  const how = { production: isProduction, secrets: secretNames(schema) };
  const found = await findSecretLater(one.name, environment, how);
  const value =
    found.value === undefined
      ? { problem: found.problem ?? "is not set" }
      : readRotating(found.value, { schema, name: one.name, isProduction });
  if (value instanceof RotatingSecret) {
    one.problem = null;
    if (one.held.take(value)) onChange({ setting: one.name, previousUntil: value.previousUntil() });
    return;
  }
  if (value.problem === one.problem) return;
  one.problem = value.problem;
  onProblem(`${one.name} stays as it was: ${value.problem}`);
}

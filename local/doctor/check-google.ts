import { createGoogleCalls, GOOGLE_SCOPES, type GoogleCalls } from "@rollcall/core/adapters/google/google-calls.ts";
import { readServiceAccount, type ServiceAccount } from "@rollcall/core/adapters/google/service-account-key.ts";
import { createDirectorySnapshots } from "@rollcall/core/adapters/postgres/directory-snapshots.ts";
import { createPool } from "@rollcall/core/adapters/postgres/pool.ts";
import { ROLES } from "@rollcall/core/domain/actor.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { DirectoryState } from "@rollcall/core/ports/directory-snapshots.ts";
import { findSecret } from "@rollcall/core/secrets/sources.ts";
import { type Finding, fine, mend, reasonOf, skipped } from "./finding.ts";
import type { GooglePlace, Situation } from "./situation.ts";

const PATIENCE_MS = 5000;
const GUIDE = "docs/google-workspace.md";
const KEY = "GOOGLE_SERVICE_ACCOUNT";

/** Key, delegation, the three groups, and the age of the list of people; each by asking Google itself. */
export async function checkGoogle({ google, isRunning, databaseUrl, settings }: Situation): Promise<Finding[]> {
  if (google === null) return [skipped("Google", "not set: roles come from access.yaml")];
  if (google.isStandIn && !isRunning) return [skipped("Google", "the stand-in does not run")];
  const { findings, account } = readKey(google, settings.ROLLCALL_PRODUCTION === "true");
  if (account === null) return findings;
  const calls = createGoogleCalls({ ...google, ...account });
  const asked = { google, account };
  const delegation = await checkDelegation(calls, asked);
  // Without a token every question would fail with the same words.
  const groups = delegation.state === "fine" ? await checkGroups(calls, asked) : [];
  const list = isRunning && databaseUrl !== null ? [await checkList(databaseUrl)] : [];
  return [...findings, delegation, ...groups, ...list];
}

/** Its form, and whether others can read it. */
function readKey(
  { settings }: GooglePlace,
  production: boolean,
): { findings: Finding[]; account: ServiceAccount | null } {
  const { value, problem, warning } = findSecret(KEY, settings, { production, secrets: [KEY] });
  const step = `Name the JSON key of the service account, for its owner only (${GUIDE}, step 1).`;
  if (value === undefined)
    return { findings: [mend("Google key", problem ?? `${KEY}_FILE is not set`, step)], account: null };
  try {
    const account = readServiceAccount(value);
    const owner = warning === undefined ? fine("Google key", `of ${account.email}, for its owner only`) : null;
    const open = mend("Google key", String(warning), `chmod 600 it: ROLLCALL_PRODUCTION=true does not take it so.`);
    return { findings: [owner ?? open], account };
  } catch (error) {
    return {
      findings: [mend("Google key", wordsOf(error), `Make a new JSON key of it (${GUIDE}, step 1).`)],
      account: null,
    };
  }
}

interface Asked {
  readonly google: GooglePlace;
  readonly account: ServiceAccount;
}

async function checkDelegation(calls: GoogleCalls, asked: Asked): Promise<Finding> {
  const { administrator } = asked.google;
  try {
    const user = await calls.getUser(administrator, performance.now() + PATIENCE_MS);
    if (user !== null && !user.suspended && !user.archived)
      return fine("Google delegation", `people are read in the name of ${administrator}`);
    return mend("Google delegation", `${administrator} is no active user of the account`, anotherAdmin(asked));
  } catch (error) {
    return mend("Google delegation", wordsOf(error), howToMend(wordsOf(error), asked));
  }
}

const anotherAdmin = ({ google }: Asked): string =>
  `Set GOOGLE_DELEGATED_ADMIN, now ${google.administrator}, to an administrator who may read groups and users.`;

const scopesStep = ({ account }: Asked): string =>
  `In the admin console, domain-wide delegation, give ${account.number ?? "the service account's number"} exactly ${GOOGLE_SCOPES.join(" and ")} (${GUIDE}, step 2).`;

/** What Google said cannot move the cursor or colour the terminal. */
const wordsOf = (error: unknown): string =>
  (isFailure(error) ? error.message : reasonOf(error)).replaceAll(/\p{Cc}/gu, "·").slice(0, 300);

// Google's own words at its token endpoint and in its Directory API.
const CAUSES: readonly [words: RegExp, how: (asked: Asked) => string][] = [
  [/unauthorized_client|access_denied|insufficient/i, scopesStep],
  [/invalid jwt signature|account not found/i, () => `The key was deleted: make a new one (${GUIDE}, step 1).`],
  [/short-lived token/i, () => "Set this machine's clock by NTP (timedatectl set-ntp true)."],
  [/accessNotConfigured|has not been used/i, () => `Enable the Admin SDK API in its project (${GUIDE}, step 1).`],
  [/invalid_grant|forbidden/i, anotherAdmin],
  [/quota|rate ?limit|429/i, () => "Nothing to do if it passes within minutes: it is asked again once a minute."],
];

const howToMend = (words: string, asked: Asked): string =>
  CAUSES.find(([cause]) => cause.test(words))?.[1](asked) ?? networkStep(asked.google);

const networkStep = ({ isStandIn }: GooglePlace): string =>
  isStandIn ? "See npm run status." : "Check the network, a proxy, and GOOGLE_API_URL.";

const checkGroups = (calls: GoogleCalls, asked: Asked): Promise<Finding[]> =>
  Promise.all(
    ROLES.map(async (role) => {
      const group = asked.google.groups[role];
      const name = `Google group of ${role}s`;
      try {
        const until = performance.now() + PATIENCE_MS;
        const { members = [], nextPageToken } = await calls.listMembers(group, { pageToken: undefined, until });
        const more = nextPageToken === undefined ? "" : " or more";
        if (members.length > 0)
          return fine(name, `${group}, ${members.length}${more} direct ${members.length === 1 ? "member" : "members"}`);
        return mend(name, `${group} has no members`, "Put people into it, or name another group.");
      } catch (error) {
        const words = wordsOf(error);
        const address = `Set ROLLCALL_GROUP_${role.toUpperCase()} to the address of a group.`;
        return mend(name, words, words.includes("notFound") ? address : howToMend(words, asked));
      }
    }),
  );

// The list is read once a minute; the alert DirectoryStale waits as long.
const STALE_MS = 120_000;

async function checkList(databaseUrl: string): Promise<Finding> {
  const pool = createPool({ url: databaseUrl, name: "rollcall-doctor", size: 1 });
  try {
    return listFinding(await createDirectorySnapshots(pool).state());
  } catch (error) {
    return mend("people by Google", wordsOf(error), "Mend PostgreSQL first.");
  } finally {
    await pool.end();
  }
}

function listFinding({ inForce, held, attempt }: DirectoryState): Finding {
  const name = "people by Google";
  const log = "See the control service's log; npm run access -- status says what the last attempt met.";
  if (held !== null)
    return mend(
      name,
      `a list waits: ${held.because}`,
      "npm run access -- status, then confirm it, or put people back.",
    );
  if (inForce === null) return mend(name, "no complete list was read yet", log);
  const age = `read ${Math.round(inForce.ageMs / 1000)} s ago`;
  if (inForce.ageMs <= STALE_MS) return fine(name, age);
  return mend(name, `${age}${attempt?.words ? `; since then: ${attempt.words}` : ""}`, log);
}

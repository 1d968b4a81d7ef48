import { ROLES } from "../../domain/actor.ts";
import type { RoleGroups, WorkspaceGrant, WorkspacePerson } from "../../domain/workspace.ts";
import type { Workspace } from "../../ports/workspace.ts";
import type { GoogleUser } from "./google-answers.ts";
import { CALL_BUDGET_MS, createGoogleCalls, type GoogleAccess, type GoogleCalls } from "./google-calls.ts";
import { workspaceFailure } from "./google-failure.ts";
import { type FoundMember, walkGroup } from "./group-walk.ts";
import { inParallel } from "./in-parallel.ts";

export interface WorkspaceOptions extends GoogleAccess {
  readonly groups: RoleGroups;
  /** Domains of other companies whose people may have roles; in lower case. */
  readonly foreignDomains: readonly string[];
}

// A reading takes less than the minute between two.
const READING_MS = 45_000;
// More people than this cannot be looked up once a minute within Google's limits.
const MOST_PEOPLE = 1_000;
const AT_ONCE = 8;

/** People and their roles from the groups of a Google Workspace account. */
export function createWorkspace(options: WorkspaceOptions): Workspace {
  const calls = createGoogleCalls(options);
  return {
    async read() {
      const look = { calls, options, until: performance.now() + READING_MS };
      const { candidates, leftOut } = await findCandidates(look);
      const looked = await inParallel(candidates, AT_ONCE, (one) => lookUp(one, look));
      return {
        people: looked
          .filter((entry) => typeof entry !== "string")
          .toSorted((one, other) => (one.id < other.id ? -1 : 1)),
        leftOut: [...leftOut, ...looked.filter((entry) => typeof entry === "string")],
      };
    },
    isIn: (person, groups) => isIn(person, { groups, calls }),
  };
}

async function findCandidates({
  calls,
  options,
  until,
}: Look): Promise<{ candidates: Candidate[]; leftOut: string[] }> {
  const candidates = new Map<string, Candidate>();
  const leftOut: string[] = [];
  for (const role of ROLES) {
    const group = options.groups[role];
    const found = await walkGroup(group, { calls, until });
    leftOut.push(...found.leftOut);
    for (const [id, { member, via }] of found.people) {
      const earlier = candidates.get(id)?.grants ?? [];
      candidates.set(id, { id, member, grants: [...earlier, { role, group, via }] });
    }
  }
  if (candidates.size <= MOST_PEOPLE) return { candidates: [...candidates.values()], leftOut };
  throw workspaceFailure(
    "config",
    `there are ${candidates.size} people in the groups, at most ${MOST_PEOPLE} are read`,
  );
}

interface Candidate extends Pick<FoundMember, "member"> {
  readonly id: string;
  readonly grants: readonly WorkspaceGrant[];
}

interface Look {
  readonly calls: GoogleCalls;
  readonly options: WorkspaceOptions;
  readonly until: number;
}

/** @returns the person, or why they have no role although they are in a group */
async function lookUp(candidate: Candidate, look: Look): Promise<WorkspacePerson | string> {
  const { id, member, grants } = candidate;
  const mail = addressOf(member.email);
  const called = mail ?? id;
  if (member.status !== undefined && member.status !== "ACTIVE") return `${called} is ${member.status.toLowerCase()}`;
  const until = Math.min(look.until, performance.now() + CALL_BUDGET_MS);
  // Google tells a status of the account's own people, mostly; without one it may be anybody.
  if (member.status === undefined && isListed(mail, look.options)) return foreigner({ id, mail, grants });
  const user = await (member.status === undefined ? look.calls.findUser(id, until) : look.calls.getUser(id, until));
  if (user === null) return `${called} is not, or no longer, of this account, and their domain is not listed`;
  if (user.id !== id) throw workspaceFailure("away", `Google's answer for ${called} is about somebody else`);
  if (user.suspended || user.archived) return `${called} is ${user.suspended ? "suspended" : "archived"}`;
  return { id, name: user.name.fullName, mails: mailsOf(user), isExternal: false, grants };
}

const isListed = (mail: string | null, { foreignDomains }: WorkspaceOptions): mail is string =>
  mail !== null && foreignDomains.includes(mail.split("@")[1] ?? "");

const foreigner = ({
  id,
  mail,
  grants,
}: {
  id: string;
  mail: string;
  grants: readonly WorkspaceGrant[];
}): WorkspacePerson => ({
  ...{ id, name: mail, mails: [mail], isExternal: true, grants },
});

/** Exactly one @, and ASCII only: `admin@a.example@b.example` is nobody's address, and look-alike letters are refused. */
function addressOf(text: string | undefined): string | null {
  const mail = text?.toLowerCase();
  return mail !== undefined && /^[a-z0-9._%+'-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(mail) ? mail : null;
}

const mailsOf = ({ primaryEmail, aliases = [] }: GoogleUser): string[] => [
  ...new Set([primaryEmail, ...aliases].map(addressOf).filter((mail) => mail !== null)),
];

/** No answer is never a yes: one group that says yes is enough, but a no counts only when all have said it. */
async function isIn(
  person: Pick<WorkspacePerson, "id" | "isExternal">,
  { groups, calls }: { groups: readonly string[]; calls: GoogleCalls },
): Promise<boolean> {
  const until = performance.now() + CALL_BUDGET_MS;
  if (!person.isExternal) {
    const [answers, user] = await Promise.all([
      Promise.allSettled(groups.map((group) => calls.hasMember(group, person.id, until))),
      calls.getUser(person.id, until),
    ]);
    const isActive = user !== null && user.id === person.id && !user.suspended && !user.archived;
    return isActive && anyYes(answers);
  }
  // Google refuses to say it of people of another company: their groups are read.
  const walks = await Promise.allSettled(groups.map((group) => walkGroup(group, { calls, until })));
  return anyYes(
    walks.map((walk) => (walk.status === "rejected" ? walk : { ...walk, value: walk.value.people.has(person.id) })),
  );
}

function anyYes(answers: readonly PromiseSettledResult<boolean | "unknown-key">[]): boolean {
  if (answers.some((answer) => answer.status === "fulfilled" && answer.value === true)) return true;
  for (const answer of answers) if (answer.status === "rejected") throw answer.reason;
  return false;
}

import { sendSigned, signCommand } from "../../bench/signed-command.ts";
import { SIGNING_SECRET } from "../control-stage.ts";
import type { MatrixStage } from "../matrix/stage.ts";
import { GROUP_OF, type MatrixPerson } from "../matrix/subjects.ts";
import { askThroughPlan } from "../matrix/through-plan.ts";

/** A way to take somebody's rights away. */
export interface Removal {
  readonly name: string;
  /** Longest time in seconds until nothing is let through any more. */
  readonly withinSeconds: { readonly plain: number; readonly dangerous: number };
  /** Pause between two tries of the person. */
  readonly everyMs: number;
  /** Whether the person stays who they are, and only what they came in with is worth nothing. */
  readonly isOfToken: boolean;
  remove(stage: MatrixStage, person: MatrixPerson): Promise<void>;
}

const taken = { tokens: new Set<string>(), blocked: new Set<string>() };
let writing: Promise<void> = Promise.resolve();

/** One after another: each version of the file holds all removals before it. */
function changeFile(stage: MatrixStage, change: () => void): Promise<void> {
  writing = writing.then(() => {
    change();
    return stage.writeAccess(taken);
  });
  return writing;
}

const BY_DIRECTORY = { withinSeconds: { plain: 90, dangerous: 5 }, everyMs: 1000, isOfToken: false };
const AT_ONCE = { withinSeconds: { plain: 2, dangerous: 2 }, everyMs: 100 };

export const REMOVALS: readonly Removal[] = [
  {
    ...{ name: "blocked in PostgreSQL", ...AT_ONCE, isOfToken: false },
    remove: async ({ sql }, { google }) => {
      await sql(
        "insert into access_overrides (kind, person, reason, made_by) values ('block', $1, 'a drill', 'somebody')",
        [google],
      );
    },
  },
  {
    ...{ name: "blocked in access.yaml", ...AT_ONCE, isOfToken: false },
    remove: (stage, { id }) => changeFile(stage, () => taken.blocked.add(id)),
  },
  {
    ...{ name: "token taken away", ...AT_ONCE, isOfToken: true },
    remove: (stage, { id }) => changeFile(stage, () => taken.tokens.add(id)),
  },
  {
    ...{ name: "left the group", ...BY_DIRECTORY },
    remove: ({ google }, { mail }) => google.leave(GROUP_OF.operator, mail),
  },
  {
    ...{ name: "suspended in Google", ...BY_DIRECTORY },
    remove: async ({ google }, { mail }) => void (await google.changeUser(mail, { suspended: true })),
  },
];

const MANY = ["billing", "invoices", "shipping", "archive-writer"];

/** A request of theirs that waits for a second person. @returns its number */
export async function askFor({ control }: MatrixStage, { token }: MatrixPerson): Promise<number> {
  const asked = { token, input: { who: MANY }, reason: "a drill" };
  const id = await askThroughPlan(`${control.url}/api/v1/commands/restart`, asked);
  return Number(id.replace("req-", ""));
}

/** An admin agrees in Slack. @returns what became of the request */
export async function agree(stage: MatrixStage, request: number, admin: MatrixPerson): Promise<string> {
  const typist = { user: admin.slackUser, team: "T0LOCAL" };
  await sendSigned(stage.control.eventsUrl, signCommand(`approve req-${request}`, SIGNING_SECRET, typist));
  const deadline = Date.now() + 60_000;
  for (;;) {
    const [row] = await stage.sql("select state from approval_requests where id = $1", [request]);
    if (row?.state !== "waiting" || Date.now() > deadline) return String(row?.state);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

import { admin, type admin_directory_v1, auth } from "@googleapis/admin";
import type { z } from "zod";
import type { WorkspaceProblem } from "../../ports/workspace.ts";
import { type GoogleUser, membership, membersPage, user } from "./google-answers.ts";
import { type CallProblem, problemOf, workspaceFailure } from "./google-failure.ts";

/** As whom to ask, and where. */
export interface GoogleAccess {
  /** Of the service account's key. */
  readonly email: string;
  readonly privateKey: string;
  /** The administrator in whose name it asks (domain-wide delegation). */
  readonly administrator: string;
  /** Ends with a slash: `https://admin.googleapis.com/`; elsewhere the token endpoint is expected there too. */
  readonly apiUrl: string;
  /** First pause before a question is repeated; tests make none. */
  readonly pauseMs?: number;
}

/** The only rights that the service account needs. */
export const GOOGLE_SCOPES = [
  "https://www.googleapis.com/auth/admin.directory.group.member.readonly",
  "https://www.googleapis.com/auth/admin.directory.user.readonly",
] as const;
export const GOOGLE_API_URL = "https://admin.googleapis.com/";

/** One question to Google has this long, repeats included; whoever waits for it waits no longer. */
export const CALL_BUDGET_MS = 5_000;
// A single attempt gets less, so that one lost packet leaves time for another attempt.
const ATTEMPT_MS = 3_000;
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 200;
const PAGE = 200;

/** Three questions, each with an answer that was checked or a Failure. */
export interface GoogleCalls {
  /** One page of the direct members. @param group id or address */
  listMembers(group: string, more: Page): Promise<z.output<typeof membersPage>>;
  /** @returns "unknown-key": Google knows no such person here, or it is a group */
  hasMember(group: string, member: string, until: number): Promise<boolean | "unknown-key">;
  /** @returns null if there is no such user in this account any more */
  getUser(key: string, until: number): Promise<GoogleUser | null>;
  /** Like `getUser`, of somebody who may be of another company: Google forbids to look at those. */
  findUser(key: string, until: number): Promise<GoogleUser | null>;
}

interface Page {
  readonly pageToken: string | undefined;
  /** On `performance.now()`'s clock. */
  readonly until: number;
}

/**
 * Google's Directory API by its own client. That client repeats 5xx, but takes "too many" for a final no when it comes as 403,
 * and cannot be pointed elsewhere for tokens: both are done here.
 */
export function createGoogleCalls(access: GoogleAccess): GoogleCalls {
  const connection = connect(access);
  const ask = <Shape extends z.ZodType>(question: Question<Shape>) => askWithin(question, connection);
  const answerTo = async <Shape extends z.ZodType>(question: Question<Shape>): Promise<z.output<Shape>> => {
    const answer = await ask(question);
    if (answer === null) throw workspaceFailure("config", `Google knows nothing of ${question.what}`);
    return answer;
  };
  return {
    listMembers: (groupKey, { pageToken, until }) =>
      answerTo({
        what: `the members of ${groupKey}`,
        shape: membersPage,
        until,
        call: (google, options) =>
          google.members.list({ groupKey, maxResults: PAGE, ...(pageToken !== undefined && { pageToken }) }, options),
      }),
    hasMember: async (groupKey, memberKey, until) => {
      const answer = await ask({
        what: `whether ${memberKey} is in ${groupKey}`,
        shape: membership,
        until,
        call: (google, options) => google.members.hasMember({ groupKey, memberKey }, options),
        accept: ["invalid-key"],
      });
      return answer === null ? "unknown-key" : answer.isMember;
    },
    getUser: (userKey, until) => ask({ ...userQuestion(userKey, until), accept: ["not-found"] }),
    findUser: (userKey, until) => ask({ ...userQuestion(userKey, until), accept: ["not-found", "forbidden"] }),
  };
}

const userQuestion = (userKey: string, until: number): Question<typeof user> => ({
  what: `the user ${userKey}`,
  shape: user,
  until,
  call: (google, options) => google.users.get({ userKey }, options),
});

type CallOptions = { readonly signal: AbortSignal; readonly retry: false };

interface Question<Shape extends z.ZodType> {
  readonly what: string;
  readonly shape: Shape;
  readonly until: number;
  readonly call: (google: admin_directory_v1.Admin, options: CallOptions) => PromiseLike<{ data: unknown }>;
  /** A refusal that is an answer: null. */
  readonly accept?: readonly CallProblem["kind"][];
}

interface Connection {
  client(): admin_directory_v1.Admin;
  /** Takes a new access token for the next call. */
  renew(): void;
  readonly pauseMs: number;
}

/** @returns null for a refusal that is an answer @throws Failure "unavailable" */
async function askWithin<Shape extends z.ZodType>(
  question: Question<Shape>,
  connection: Connection,
): Promise<z.output<Shape> | null> {
  let last: CallProblem = { kind: "away", words: "there is no time left to ask Google", again: false };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const timeoutMs = Math.min(question.until - performance.now(), ATTEMPT_MS);
    if (timeoutMs <= 0) break;
    const answer = await tryOnce(question, { connection, timeoutMs });
    if ("value" in answer) return answer.value;
    last = answer.problem;
    if (question.accept?.includes(last.kind)) return null;
    if (last.kind === "unauthenticated") connection.renew();
    else if (!last.again) break;
    await pauseAfter(connection.pauseMs * 2 ** attempt, question.until);
  }
  throw workspaceFailure(asProblem(last.kind), `${last.words}, asked for ${question.what}`);
}

const asProblem = (kind: CallProblem["kind"]): WorkspaceProblem =>
  kind === "quota" || kind === "away" ? kind : "config";

type Tried<Value> = { readonly value: Value } | { readonly problem: CallProblem };

async function tryOnce<Shape extends z.ZodType>(
  { call, shape }: Question<Shape>,
  { connection, timeoutMs }: { connection: Connection; timeoutMs: number },
): Promise<Tried<z.output<Shape>>> {
  const late = Promise.withResolvers<never>();
  const abort = new AbortController();
  const timer = setTimeout(() => {
    abort.abort();
    late.reject(new Error(`no answer in ${Math.round(timeoutMs)} ms`));
  }, timeoutMs);
  try {
    // The token is fetched by a request of its own, which the signal does not reach.
    const { data } = await Promise.race([
      call(connection.client(), { signal: abort.signal, retry: false }),
      late.promise,
    ]);
    const parsed = shape.safeParse(data);
    if (parsed.success) return { value: parsed.data };
    return { problem: { kind: "away", words: "Google's answer cannot be understood", again: true } };
  } catch (error) {
    return { problem: problemOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Longer each time, and never the same for many who were turned away together. */
async function pauseAfter(usualMs: number, until: number): Promise<void> {
  const pause = usualMs * (0.5 + Math.random());
  await new Promise((resolve) => setTimeout(resolve, Math.min(pause, Math.max(0, until - performance.now()))));
}

function connect(access: GoogleAccess): Connection {
  const open = () => admin({ version: "directory_v1", auth: authorize(access), rootUrl: access.apiUrl });
  let client = open();
  return {
    client: () => client,
    pauseMs: access.pauseMs ?? FIRST_PAUSE_MS,
    renew: () => {
      client = open();
    },
  };
}

const TOKEN_URL = "https://oauth2.googleapis.com/token";
// A page of 200 members is about 50 kB.
const MOST_BYTES = 4 * 1024 * 1024;

function authorize({ email, privateKey, administrator, apiUrl }: GoogleAccess) {
  const tokenUrl = apiUrl === GOOGLE_API_URL ? TOKEN_URL : `${apiUrl}token`;
  const fetchImplementation: typeof fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const signals = [init?.signal, AbortSignal.timeout(CALL_BUDGET_MS)].filter((one) => one instanceof AbortSignal);
    const answer = await fetch(url === TOKEN_URL ? tokenUrl : url, {
      ...init,
      redirect: "error",
      signal: AbortSignal.any(signals),
    });
    if (Number(answer.headers.get("content-length") ?? 0) > MOST_BYTES) throw new Error("the answer is too large");
    return answer;
  };
  return new auth.JWT({
    email,
    key: privateKey,
    scopes: [...GOOGLE_SCOPES],
    subject: administrator,
    // Google's client repeats the request for a token by itself, past our time and with the reason lost.
    transporterOptions: { fetchImplementation, retryConfig: { retry: 0, noResponseRetries: 0 } },
  });
}

import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AccessTokens } from "./access-tokens.ts";
import type { Directory } from "./directory.ts";
import type { OperationName } from "./faults.ts";
import { errorOf, GoogleError, invalidInput } from "./google-error.ts";
import { memberOf, Pages, userOf } from "./present.ts";
import { type GoogleGroup, isOfAccount } from "./records.ts";
import { GROUP_MEMBERS_SCOPE, USERS_SCOPE } from "./service-account.ts";

export interface DirectoryApiParts {
  readonly directory: Directory;
  readonly accessTokens: AccessTokens;
  /** Answers a call by its fault, if one waits. */
  readonly guarded: Guarded;
}

type Answer = (request: FastifyRequest) => unknown;
/** Adds a route whose faults are known by the name of the operation. */
export type Guarded = (
  route: { app: FastifyInstance; method: "GET" | "POST"; path: string },
  operation: OperationName,
  answer: Answer,
) => void;

const BASE = "/admin/directory/v1";
const GROUP_SCOPES = [GROUP_MEMBERS_SCOPE];
const USER_SCOPES = [USERS_SCOPE];
/** The most that one page holds, and what it holds if nobody asks for less. */
const MOST_ON_PAGE = 200;

/** Groups, members and users, as far as `admin.directory` is used for rights. */
export function addDirectoryApi(app: FastifyInstance, parts: DirectoryApiParts): void {
  const { directory, guarded } = parts;
  const pages = new Pages();
  const get = (path: string, operation: OperationName, answer: Answer) =>
    guarded({ app, method: "GET", path: `${BASE}${path}` }, operation, answer);
  get("/groups/:groupKey/members", "members.list", (request) => {
    authorize(request, parts, GROUP_SCOPES);
    return listMembers(request, { directory, pages });
  });
  get("/groups/:groupKey/hasMember/:memberKey", "members.hasMember", (request) => {
    authorize(request, parts, GROUP_SCOPES);
    return { isMember: hasMember(request, directory) };
  });
  get("/groups/:groupKey", "groups.get", (request) => {
    authorize(request, parts, GROUP_SCOPES);
    const group = groupOf(request, directory);
    const directMembersCount = String(group.members.length);
    return { kind: "admin#directory#group", ...group, members: undefined, directMembersCount };
  });
  get("/users/:userKey", "users.get", (request) => {
    authorize(request, parts, USER_SCOPES);
    const user = directory.user(keyOf(request, "userKey"));
    if (user === null) throw errorOf("notFound", "Resource Not Found: userKey");
    if (!isOfAccount(user)) throw errorOf("forbidden");
    return userOf(user);
  });
}

/** The token must be good, its scopes enough, and the person it acts for an administrator. @throws GoogleError */
function authorize(request: FastifyRequest, parts: DirectoryApiParts, scopes: readonly string[]): void {
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
  const access = token === undefined ? null : parts.accessTokens.read(token);
  if (access === null) throw errorOf("authError");
  if (!scopes.some((scope) => access.scopes.includes(scope))) throw errorOf("insufficientPermissions");
  const user = access.user === null ? null : parts.directory.user(access.user);
  if (user === null || !user.admin || user.suspended) throw errorOf("forbidden");
}

const keyOf = ({ params }: FastifyRequest, name: string): string => (params as Record<string, string>)[name] ?? "";

function groupOf(request: FastifyRequest, directory: Directory): GoogleGroup {
  const group = directory.group(keyOf(request, "groupKey"));
  if (group === null) throw errorOf("notFound");
  return group;
}

interface Listing {
  readonly directory: Directory;
  readonly pages: Pages;
}

function listMembers(request: FastifyRequest, { directory, pages }: Listing): unknown {
  const group = groupOf(request, directory);
  const query = request.query as Record<string, string>;
  const size = pageSize(query.maxResults);
  const roles = query.roles?.split(",").map((role) => role.trim().toUpperCase());
  const all = query.includeDerivedMembership === "true" ? directory.derivedMembers(group) : group.members;
  const members = all.filter(({ role }) => roles === undefined || roles.includes(role));
  const listing = [group.id, String(query.includeDerivedMembership), query.roles ?? ""].join(" ");
  const start = query.pageToken === undefined ? 0 : pages.read(query.pageToken, listing);
  if (start === null) throw invalidInput("pageToken");
  const end = start + size;
  const page = members.slice(start, end).map((member) => memberOf(member, directory));
  return {
    kind: "admin#directory#members",
    // Google leaves the list out when it is empty.
    ...(page.length === 0 ? {} : { members: page }),
    ...(end >= members.length ? {} : { nextPageToken: pages.issue(end, listing) }),
  };
}

function pageSize(given: string | undefined): number {
  if (given === undefined) return MOST_ON_PAGE;
  const size = Number(given);
  if (Number.isInteger(size) && size >= 1 && size <= MOST_ON_PAGE) return size;
  const message = `Invalid value '${given}'. Values must be within the range: [1, ${MOST_ON_PAGE}]`;
  throw new GoogleError(400, { reason: "invalidParameter", message });
}

/** Nested ones count. Of another account, or a group: Google knows no such key here. */
function hasMember(request: FastifyRequest, directory: Directory): boolean {
  const group = groupOf(request, directory);
  const user = directory.user(keyOf(request, "memberKey"));
  if (user === null || !isOfAccount(user)) throw invalidInput("memberKey");
  return directory.derivedMembers(group).some(({ id }) => id === user.id);
}

/** Every kind of thing that is written down, and what it is for; the list is closed. */
export const AUDIT_EVENTS = {
  authentication: "somebody said who they are, and was believed or not",
  decision: "the policy allowed or refused something",
  intent: "a command was accepted and is about to be carried out",
  plan: "what a command would do was shown, confirmed, or found changed",
  dispatch: "a stage of a command was sent to what carries it out",
  outcome: "a command ended",
  approval: "a second person was asked, agreed, refused or ran out of time",
  acknowledgement: "somebody took an alert, or gave it back",
  "desired-state": "an agent is to run, to be stopped or to be paused",
  access: "rights of a person changed: link, token, role, block, lift",
  policy: "the rules of who may do what changed",
  snapshot: "another list of people and groups is in force, or was held back",
  configuration: "a setting, a file in force or a secret changed",
  export: "rows, files or reports left the system",
  "break-glass": "somebody on the host went past the usual path, with a reason",
  verify: "the audit log itself was checked, or its protection was found changed",
  lifecycle: "a process of Rollcall started or stopped",
  limit: "requests were refused because there were too many",
  signature: "requests were refused because they did not prove where they came from",
} as const satisfies Readonly<Record<string, string>>;

export type AuditEvent = keyof typeof AUDIT_EVENTS;

/** Names of all kinds. */
export const AUDIT_EVENT_NAMES = Object.keys(AUDIT_EVENTS) as AuditEvent[];

/** What a row says, beside its number, its time and its place in the chain. */
export interface AuditEntry {
  readonly event: AuditEvent;
  /** Id of the person; `slack:T1/U1` of a stranger; `schedule:<name>`, `alertmanager`, `rollcall` of our own. */
  readonly actor: string;
  /** As whom the door knows them, never the secret itself: `slack:T1/U1`, `token:t-laptop`. */
  readonly identity?: string | undefined;
  readonly door: string;
  /** What was done, if no command says it: `started`, `signed-in`, `taken`. */
  readonly action?: string | undefined;
  readonly command: string | null;
  readonly targets: readonly string[];
  readonly decision: "allowed" | "refused" | null;
  /** Id of the rule that decided: `role-operator`. */
  readonly rule: string | null;
  readonly reason: string | null;
  readonly operationId: string | null;
  readonly requestId: string | null;
  /** Of the work under way, added by the log. */
  readonly correlationId?: string | undefined;
  readonly customerId?: string | undefined;
  readonly traceId?: string | undefined;
  /** State of the target before and after a change; no secrets. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** Whatever else is known: outcome, stage. No secrets, no message bodies. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An entry of which only what is known is named; the rest is "none". */
export const auditEntry = (known: Pick<AuditEntry, "event" | "actor" | "door"> & Partial<AuditEntry>): AuditEntry => ({
  command: null,
  targets: [],
  decision: null,
  rule: null,
  reason: null,
  operationId: null,
  requestId: null,
  detail: {},
  ...known,
});

import type { RotatingSecret } from "@rollcall/core/secrets/rotating-secret.ts";

/** What the Slack door and the publisher must know of the workspace; `config.ts` of the control service reads it. */
export interface SlackSettings {
  /** `xoxb-…` */
  readonly botToken: string;
  readonly signingSecret: RotatingSecret;
  /** `xapp-…`: requests come by sockets too; null: by HTTP only. */
  readonly appToken: string | null;
  /** Ends with a slash: `https://slack.com/api/`. */
  readonly apiUrl: string;
  readonly botId: string;
  readonly botUserId: string;
  readonly teamId: string;
  readonly alertsChannel: string;
  readonly opsChannel: string;
  /** Channel of what admins look at afterwards; null: the one of operations. */
  readonly auditChannel: string | null;
  /** Address under which people reach the control service; agents and operations are linked there. */
  readonly publicUrl: string;
  /** Base of runbook links for agents that name none; null: no such button. */
  readonly runbookUrl: string | null;
  /** The app in Grafana, where lines are shown; null: it is not linked. */
  readonly grafanaAppUrl: string | null;
}

/** The part of a pino logger that is used here. */
export interface SlackLog {
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
}

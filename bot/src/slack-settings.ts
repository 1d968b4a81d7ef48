import type { ControlConfig } from "./config.ts";
import type { SlackSettings } from "./slack/settings.ts";

/** The part of the configuration that the Slack door and the publisher need; holds revealed secrets, so it is never logged. */
export const slackSettings = (config: ControlConfig): SlackSettings => ({
  botToken: config.SLACK_BOT_TOKEN.reveal(),
  signingSecret: config.SLACK_SIGNING_SECRET,
  appToken: config.SLACK_APP_TOKEN?.reveal() ?? null,
  apiUrl: config.SLACK_API_URL,
  botId: config.SLACK_BOT_ID,
  botUserId: config.SLACK_BOT_USER_ID,
  teamId: config.SLACK_TEAM_ID,
  alertsChannel: config.ROLLCALL_SLACK_ALERTS_CHANNEL,
  opsChannel: config.ROLLCALL_SLACK_OPS_CHANNEL,
  auditChannel: config.ROLLCALL_SLACK_AUDIT_CHANNEL ?? null,
  publicUrl: config.ROLLCALL_PUBLIC_URL,
  runbookUrl: config.ROLLCALL_RUNBOOK_URL ?? null,
  grafanaAppUrl: config.ROLLCALL_GRAFANA_APP_URL ?? null,
});

import { type Logger, LogLevel, WebClient } from "@slack/web-api";

/** Where Slack is, and as whom to speak. */
export interface SlackAccess {
  readonly token: string;
  /** Ends with a slash: `https://slack.com/api/`. */
  readonly apiUrl: string;
  /** Milliseconds after which an unanswered call is given up; Slack's own client would wait for ever. */
  readonly timeoutMs: number;
}

const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => LogLevel.ERROR,
  setName: () => {},
};

/**
 * A client of Slack's Web API that answers or fails in time.
 * It never repeats a call by itself (a repeated post is a second message) and reports a rate limit instead of waiting
 * in it. Use one per purpose: a 429 of one must not delay another.
 */
export function createSlackClient(access: SlackAccess): WebClient {
  return new WebClient(access.token, {
    slackApiUrl: access.apiUrl,
    timeout: access.timeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    // Failures are returned to the caller, who logs them with what it was doing.
    logger: silent,
  });
}

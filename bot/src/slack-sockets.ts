import { Failure } from "@rollcall/core/domain/failure.ts";
import type { SlackMetrics } from "./metrics/slack.ts";
import type { SocketState } from "./slack/sockets.ts";

/** Keeps in mind how it stands with the sockets to Slack, for `/ready` and `/metrics`. */
export interface SocketWatch {
  readonly note: (state: SocketState) => void;
  /** @returns "2 of 2 open" @throws Failure "unavailable" if none is */
  readonly check: () => Promise<string>;
}

export function watchSockets(metrics: SlackMetrics): SocketWatch {
  let state: SocketState | null = null;
  return {
    note(newest) {
      state = newest;
      metrics.sockets(newest);
    },
    async check() {
      const words = `${state?.connected ?? 0} of ${state?.wanted ?? 2} open`;
      const shown = state?.problem ? `${words}: ${state.problem}` : words;
      if (state === null || state.connected === 0) throw new Failure("unavailable", shown);
      return shown;
    },
  };
}

import { mutesWords } from "@rollcall/core/brakes/run-silence.ts";
import type { AskedSilence } from "@rollcall/core/domain/asked-silence.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { type ApiSilence, apiSilence, apiSilences } from "@rollcall/core/silence-contract.ts";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { noQuery } from "./query.ts";

/** What is silenced now; begun and ended by the commands `silence` and `unsilence`. */
export function registerSilences(api: App, { ports }: AppDeps): void {
  const schema = {
    ...{ tags: ["incidents"], summary: "What is silenced, by whom, until when and why", querystring: noQuery },
    response: { 200: apiSilences },
  };
  api.get("/silences", { schema }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { askedSilences, clock } = ports;
    if (askedSilences === undefined)
      throw new Failure("unavailable", "Nothing is stored here, so nothing is silenced.");
    return { asOf: clock.now(), silences: (await askedSilences.open()).map(viewSilence) };
  });
}

const viewSilence = (silence: AskedSilence): ApiSilence =>
  apiSilence.parse({ ...silence, by: silence.asker, words: mutesWords(silence.mutes) });

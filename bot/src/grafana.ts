import { provesIdentityTokens } from "@rollcall/core/adapters/grafana/identity-token.ts";
import { openSigningKeys } from "@rollcall/core/adapters/grafana/signing-keys.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { Logger } from "pino";
import type { ControlConfig } from "./config.ts";
import { grafanaSourceOf } from "./grafana-settings.ts";
import type { GrafanaDoor } from "./http/grafana-door.ts";

/** The door of Grafana, if it is set; its keys are read when the first person comes. @throws Failure "invalid_input" */
export function openGrafana(
  config: ControlConfig,
  { log, clock }: { log: Logger; clock: Clock },
): { grafana?: GrafanaDoor } {
  const found = grafanaSourceOf(config);
  if ("problem" in found) throw new Failure("invalid_input", found.problem);
  if (found.source === null) return {};
  const { keysUrl, rootUrl, orgs, secret } = found.source;
  const onProblem = (problem: string, cause: unknown) => log.warn({ err: cause, address: keysUrl }, problem);
  const keys = openSigningKeys({ url: keysUrl, clock, onProblem });
  return { grafana: { secret, prove: provesIdentityTokens({ keys, rootUrl, orgs, clock }) } };
}

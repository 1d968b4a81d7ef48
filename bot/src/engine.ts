import { isFailure } from "@rollcall/core/domain/failure.ts";
import { ATTEMPT_DOORS, type AttemptDoor } from "@rollcall/core/ports/attempts.ts";
import { inSpan } from "@rollcall/core/protocol/span.ts";
import { type CommandAnswer, type CommandRequest, runCommand } from "@rollcall/core/run-command.ts";
import type { Logger } from "pino";
import type { Adapters } from "./adapters.ts";
import type { Metrics } from "./metrics/metrics.ts";

interface EngineDeps {
  readonly adapters: Pick<Adapters, "ports" | "commands" | "database" | "limits">;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Told who came too often. */
}

/** The one command path, bound to its ports, counted and logged alike for every door. */
export function createEngine({
  adapters,
  metrics,
  log,
}: EngineDeps): (request: CommandRequest) => Promise<CommandAnswer> {
  const { ports, commands, database, limits } = adapters;
  const onProblem = (problem: string, cause: unknown): void => log.error({ err: cause }, problem);
  const engine = { ports, commands, store: database.store, limits: limits.commands, brakes: limits.brakes, onProblem };
  // What limits refuse is counted where it is refused.
  const countRefusal = (error: unknown, { door }: CommandRequest): void => {
    if (isFailure(error) && error.code === "forbidden" && isAttemptDoor(door))
      metrics.audit.refused({ door, reason: "policy" });
  };
  return async (request) => {
    const command = commands.find(({ name, aliases }) => name === request.command || aliases.includes(request.command));
    const { door, actor, requestId } = request;
    const line = { command: command?.name ?? "other", actor: actor.id, door, request_id: requestId };
    try {
      const labels = { command: command?.name ?? request.command, door };
      const answer = await metrics.commands.count(labels, () =>
        inSpan("run command", { attributes: attributesOf(line) }, () => runCommand(request, engine)),
      );
      logAnswer(answer, line, log);
      return answer;
    } catch (error) {
      countRefusal(error, request);
      if (isFailure(error)) log.info({ ...line, code: error.code, rule: error.detail.rule }, "command refused");
      throw error;
    }
  };
}

function logAnswer(answer: CommandAnswer, line: Record<string, unknown>, log: Logger): void {
  if (answer.kind === "read") {
    log.debug(line, "command answered");
    return;
  }
  if (answer.kind === "plan") {
    log.info({ ...line, targets: answer.plan.subjects.length, changed: answer.changed !== null }, "plan shown");
    return;
  }
  const { repeated } = answer;
  if (answer.kind === "request") log.info({ ...line, request: answer.request.id, repeated }, "second person asked");
  else log.info({ ...line, operation: answer.operation.id, repeated }, "command accepted");
}

const isAttemptDoor = (door: string): door is AttemptDoor => (ATTEMPT_DOORS as readonly string[]).includes(door);

const attributesOf = ({ command, actor, door }: { command: string; actor: string; door: string }) => ({
  ...{ "rollcall.command.name": command, "rollcall.door": door, "rollcall.actor.id": actor },
});

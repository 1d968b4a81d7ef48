import type { ActCommand, CommandDefinition, ReadCommand, StageResult } from "./command.ts";
import type { Actor } from "./domain/actor.ts";
import type { Ending, Operation, TargetProgress } from "./domain/operation.ts";
import { renderTimes } from "./domain/report.ts";
import { OPERATOR, targetOf } from "./fake-agent-fixture.ts";
import type { FakeFleet } from "./fleet-fixture.ts";
import { loadCommands } from "./load-commands.ts";

const commands = await loadCommands();

/** A command of the folder. */
export const named = (name: string): CommandDefinition =>
  commands.find((command) => command.name === name) as CommandDefinition;

export interface Look {
  readonly name: string;
  readonly input?: Record<string, unknown>;
  readonly actor?: Actor;
}

/** Runs a command that looks; moments are shown as `T` and seconds from now. */
export async function lookAt(fleet: FakeFleet, { name, input = {}, actor = OPERATOR }: Look) {
  const command = named(name) as ReadCommand;
  const report = await command.run(input, fleet.reading(actor, commands));
  const show = (text: string): string => renderTimes(text, (at) => `T${(at - fleet.now) / 1000}`);
  const { headline, context, lines, fields, actions, sameAs, data } = report;
  return {
    ...{ headline: show(headline), context: show(context ?? ""), lines: lines.map(show) },
    ...{ fields, actions, sameAs, data, picture: report.picture },
  };
}

export interface Ran {
  readonly results: StageResult[];
  readonly ending: Ending | null;
}

/** What is to be run; `crash` names a stage that runs twice, as after a crash before it was stored. */
export type Run = Partial<Operation> & { readonly name: string; readonly agent: string; readonly crash?: string };

/** Runs the stages of a command on one agent. */
export async function runOn(
  fleet: FakeFleet,
  { name, agent, crash, ...operation }: Run,
  say: (detail: string) => Promise<void> = async () => undefined,
): Promise<Ran> {
  let target: TargetProgress = targetOf(agent);
  const context = { ...fleet.acting(operation), say };
  const results: StageResult[] = [];
  for (const stage of (named(name) as ActCommand).stages) {
    if (stage.name === crash) await stage.run(target, context);
    const result = await stage.run(target, context);
    results.push(result);
    target = { ...target, memory: { ...target.memory, ...result.memory } };
    if (result.ending !== undefined) return { results, ending: result.ending };
  }
  return { results, ending: null };
}

import type { CommandDefinition, ReadContext } from "./command.ts";
import { mayAsk, rightsOf } from "./policy.ts";

type Asking = Pick<ReadContext, "ports" | "actor" | "commands">;

/** The commands that the actor alone may ask for at this moment; help, forms, buttons and "did you mean" show no others. */
export function openTo({ ports, actor, commands }: Asking): CommandDefinition[] {
  const rights = rightsOf(ports);
  return commands.filter((command) => mayAsk({ actor, command, ...rights }));
}

/** Whether a command is among them. */
export function mayUse(name: string, { ports, actor, commands }: Asking): boolean {
  const command = commands.find((one) => one.name === name);
  return command !== undefined && mayAsk({ actor, command, ...rightsOf(ports) });
}

import type { CommandDefinition } from "@rollcall/core/command.ts";

export const findCommand = (commands: readonly CommandDefinition[], name: string): CommandDefinition | undefined =>
  commands.find((command) => command.name === name || command.aliases.includes(name));

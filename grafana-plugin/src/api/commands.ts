import { type Answer, useAnswer } from "./answers.ts";
import type { Command, CommandsAnswer } from "./contract.ts";

/** Every command, and whether this person may ask for it. */
export const useCommands = (): Answer<CommandsAnswer> => useAnswer<CommandsAnswer>("api/v1/commands", 60_000);

/** @returns undefined while the catalogue is not read, null if there is no such command */
export function useCommand(name: string): Command | null | undefined {
  const { content } = useCommands();
  return content === undefined ? undefined : (content.commands.find((command) => command.name === name) ?? null);
}

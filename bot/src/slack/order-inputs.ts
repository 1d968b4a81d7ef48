import type { InputOf } from "./render/incident.ts";

/** Inputs of the commands that our own buttons ask for; the command path checks them like everybody's. */
export const inputOf: InputOf = {
  agents: (command, agents) => (command === "logs" ? { id: agents[0] ?? "" } : { who: [...agents] }),
  incident: (_command, incident) => ({ alert: incident }),
};

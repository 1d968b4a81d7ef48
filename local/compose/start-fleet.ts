import { commandedAgents } from "@rollcall/core/fleet-file.ts";
import { z } from "zod";
import { startAgents } from "../stack/fleet-start.ts";
import { readAgentsFile } from "../supervisor/agents-file.ts";

// The container `start-fleet` of docker-compose.yml: starts the agents that should run, and ends.
const environment = z
  .object({
    ROLLCALL_SUPERVISOR_SOCKET: z.string(),
    ROLLCALL_CONTROL_REDIS_URL: z.string(),
    ROLLCALL_FLEET: z.string(),
    ROLLCALL_AGENTS_FILE: z.string(),
  })
  .parse(process.env);
const place = {
  supervisorSocket: environment.ROLLCALL_SUPERVISOR_SOCKET,
  redisUrl: environment.ROLLCALL_CONTROL_REDIS_URL,
  fleet: environment.ROLLCALL_FLEET,
  commanded: commandedAgents({ agents: await readAgentsFile(environment.ROLLCALL_AGENTS_FILE) }),
};
const { running } = await startAgents(place, `start-${Date.now()}`);
process.stdout.write(`${running.length} agents started\n`);

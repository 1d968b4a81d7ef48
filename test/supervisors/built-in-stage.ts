import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import type { Supervisor } from "@rollcall/core/ports/supervisor.ts";
import { serveSupervisor } from "@rollcall/local/supervisor/server.ts";
import { type KnownAgent, openSupervisor } from "@rollcall/local/supervisor/supervisor.ts";
import { closeServer } from "./docker-engine.ts";
import { PROGRAMS, type ProgramName } from "./kept-program.ts";

/** The built-in supervisor behind its socket, with programs in place of agents. */
export async function startBuiltIn() {
  const home = await mkdtemp(join(tmpdir(), "built-in-"));
  const agents: KnownAgent[] = [];
  const keeper = await openSupervisor({
    ...{ dir: join(home, "dir"), agentsDir: join(home, "agents"), logsDir: join(home, "logs") },
    knownAgents: async () => agents,
    program: { path: process.execPath, args: [], cwd: home },
    environmentOf: () => ({}),
  });
  const socket = join(home, "s.sock");
  const server = await serveSupervisor(keeper, { socket, onError: () => undefined });
  const supervisor: Supervisor = connectBuiltInSupervisor(socket);
  return {
    supervisor,
    async add(id: string, program: ProgramName) {
      await writeFile(join(home, `${id}.js`), PROGRAMS[program]);
      agents.push({ id, command: [process.execPath, join(home, `${id}.js`)] });
    },
    goAway: () => closeServer(server),
    async close() {
      await keeper.stopAll(100);
      await rm(home, { recursive: true, force: true });
    },
  };
}

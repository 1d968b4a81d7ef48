import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { KnownAgent } from "./supervisor.ts";

const agentsFile = z.array(z.strictObject({ id: z.string(), command: z.array(z.string()).min(1).optional() }));

/** The agents that may be started, as whoever read fleet.yaml wrote them down. */
export const readAgentsFile = async (path: string): Promise<KnownAgent[]> =>
  agentsFile.parse(JSON.parse(await readFile(path, "utf8")));

import { mkdir } from "node:fs/promises";
import { startAgent } from "../agent.ts";
import { readConfig } from "../config.ts";
import { createLog, messageOf } from "../log.ts";
import { DECLARED, TOPICS } from "./declared.ts";
import { BEHAVIOURS } from "./fleet.ts";
import { probeFolder } from "./health.ts";

try {
  const config = readConfig();
  const declared = DECLARED[config.agent];
  const load = BEHAVIOURS[config.agent];
  if (declared === undefined || load === undefined) {
    throw new Error(`"${config.agent}" is no agent of the sample fleet; there are ${Object.keys(DECLARED).join(", ")}`);
  }
  await mkdir(config.dir, { recursive: true });
  const log = createLog(config.agent, config.logFormat);
  const makeBehaviour = await load();
  const behaviour = await makeBehaviour({ dir: config.dir, log });
  await startAgent({ config, ...declared, ...behaviour, health: probeFolder(config.dir), knownTopics: TOPICS, log });
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}

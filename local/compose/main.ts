import { StartFailure } from "../stack/addresses.ts";
import { configure } from "./configure.ts";

// The container `configure` of docker-compose.yml: runs once before all others.
try {
  await configure("/config", process.env);
} catch (error) {
  process.stderr.write(`✗ ${error instanceof StartFailure ? error.message : (error as Error).stack}\n`);
  process.exitCode = 1;
}

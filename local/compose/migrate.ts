import { run } from "../cli/migrate.ts";
import { StartFailure } from "../stack/addresses.ts";

// The container `migrate` of docker-compose.yml: ends before the control service starts.
try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`✗ ${error instanceof StartFailure ? error.message : (error as Error).stack}\n`);
  process.exitCode = 1;
}

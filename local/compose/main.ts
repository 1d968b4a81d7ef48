import { isFailure } from "@rollcall/core/domain/failure.ts";
import { StartFailure } from "../stack/addresses.ts";
import { configure } from "./configure.ts";

// The container `configure` of docker-compose.yml: runs once before all others.
try {
  await configure("/config", process.env);
} catch (error) {
  process.stderr.write(
    `✗ ${error instanceof StartFailure || isFailure(error) ? error.message : (error as Error).stack}\n`,
  );
  process.exitCode = 1;
}

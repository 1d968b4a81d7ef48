import { takeConsole } from "@rollcall/core/adapters/console-lines.ts";
import { openLogStream } from "@rollcall/core/adapters/log-lines.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import { flushSpans } from "@rollcall/core/protocol/span.ts";
import type { Logger } from "pino";
import { readConfig } from "./config.ts";
import { createLog, problemLog } from "./log.ts";
import { version } from "./version.ts";
import { type ControlService, startControlService } from "./wiring.ts";

/** Longest time for a clean end; whoever started us waits no longer either (10 s is the usual patience). */
const DRAIN_MS = 10_000;

const read = readConfig();
if ("problems" in read) {
  process.stderr.write(`The control service cannot start:\n${read.problems.map((line) => `  ${line}\n`).join("")}`);
  process.exit(1);
}
const { config } = read;
const { ROLLCALL_LOG_LEVEL: level, ROLLCALL_LOG_FORMAT: format } = config;
const log = createLog(
  { level, format, googleProject: config.ROLLCALL_LOG_GOOGLE_PROJECT },
  await openLogStream(format),
);
takeConsole(problemLog(log));
// A promise nobody looks at is a bug of ours; going on would be going on without knowing what is true.
process.on("unhandledRejection", (error) => die(log, error, "a promise failed and nobody looked"));
process.on("uncaughtException", (error) => die(log, error, "an error was not caught"));

try {
  const service = await startControlService(config, log);
  if (config.ROLLCALL_LOG_STARTUP) log.info({ address: service.address, version }, "control service listens");
  void service.broken.then((error) => die(log, error, "the control service cannot go on"));
  process.on("SIGHUP", () => void service.rereadSecrets());
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end(service, signal));
} catch (error) {
  if (!isFailure(error)) throw error;
  process.stderr.write(`The control service cannot start:\n  ${error.message}\n`);
  process.exit(1);
}

let ending = false;
async function end(service: ControlService, signal: string): Promise<void> {
  if (ending) return;
  ending = true;
  log.info({ signal }, "control service ends");
  const forced = setTimeout(() => die(log, new Error(`not ended within ${DRAIN_MS / 1000} s`), "end forced"), DRAIN_MS);
  await service.stop();
  await flushSpans();
  clearTimeout(forced);
  log.info("control service has ended");
  process.exit(0);
}

function die(logger: Logger, error: unknown, sentence: string): never {
  logger.fatal({ err: error }, sentence);
  process.exit(1);
}

import { takeConsole } from "@rollcall/core/adapters/console-lines.ts";
import { lineOptions, openLogStream } from "@rollcall/core/adapters/log-lines.ts";
import { flushSpans } from "@rollcall/core/protocol/span.ts";
import { pino } from "pino";
import { type ExporterConfig, readConfig } from "./config.ts";
import { startExporter } from "./exporter.ts";

const config = readConfigOrExit();
const { logLevel: level, logFormat: format } = config;
const stream = await openLogStream(format);
const options = lineOptions({ level, format, service: "rollcall-exporter" });
const log = stream === undefined ? pino(options) : pino(options, stream);
takeConsole((problem, cause) => log.warn({ problem, err: cause }, "a library has a problem"));

try {
  const exporter = await startExporter(config, log);
  log.info({ url: exporter.url, fleet: config.fleet }, "exporter listens");
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      void exporter
        .stop()
        .then(flushSpans)
        .then(() => process.exit(0));
    });
  }
} catch (error) {
  log.fatal({ err: error }, "exporter cannot start");
  process.exitCode = 1;
}

function readConfigOrExit(): ExporterConfig {
  try {
    return readConfig();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

import { pino } from "pino";
import { type ExporterConfig, readConfig } from "./config.ts";
import { startExporter } from "./exporter.ts";

const config = readConfigOrExit();
const log = pino({
  level: config.logLevel,
  base: { service: "rollcall-exporter" },
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
});

try {
  const exporter = await startExporter(config, log);
  log.info({ url: exporter.url, fleet: config.fleet }, "exporter listens");
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      void exporter.stop().then(() => process.exit(0));
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

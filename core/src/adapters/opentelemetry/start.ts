import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { useTracer } from "../../protocol/span.ts";
import { readTelemetryConfig } from "./config.ts";

/**
 * Sends the spans of this process in batches to the OTLP receiver that OTEL_EXPORTER_OTLP_ENDPOINT names, each with
 * the name, version and environment of its service. Without an endpoint OpenTelemetry is not even loaded.
 * @param service `folder` is where its package.json lies
 */
export async function startTelemetry(service: { readonly name: string; readonly folder: string }): Promise<void> {
  const { isWanted, environment } = readTelemetryConfig();
  if (!isWanted) return;
  const [{ NodeSDK, resources }, { createTracer }] = await Promise.all([
    import("@opentelemetry/sdk-node"),
    import("./tracer.ts"),
  ]);
  const { version } = JSON.parse(readFileSync(join(service.folder, "package.json"), "utf8")) as { version: string };
  const resource = resources.resourceFromAttributes({
    "service.name": service.name,
    "service.version": version,
    "deployment.environment.name": environment,
    // Its name before semantic conventions 1.27; many receivers still look for it.
    "deployment.environment": environment,
  });
  const sdk = new NodeSDK({ resource, instrumentations: [], metricReaders: [], logRecordProcessors: [] });
  sdk.start();
  useTracer(createTracer(() => Promise.race([sdk.shutdown().catch(() => undefined), patience()])));
}

// A receiver that does not answer must not keep a process from ending.
const patience = (): Promise<void> => setTimeout(2000, undefined, { ref: false });

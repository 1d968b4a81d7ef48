import { startTelemetry } from "@rollcall/core/adapters/opentelemetry/start.ts";

// For `node --import ./exporter/telemetry.ts exporter/src/main.ts`.
await startTelemetry({ name: "rollcall-exporter", folder: import.meta.dirname });

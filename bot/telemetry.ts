import { startTelemetry } from "@rollcall/core/adapters/opentelemetry/start.ts";

// For `node --import ./bot/telemetry.ts bot/src/main.ts`.
await startTelemetry({ name: "rollcall-control", folder: import.meta.dirname });

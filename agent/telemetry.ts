import { startTelemetry } from "@rollcall/core/adapters/opentelemetry/start.ts";

// For `node --import ./agent/telemetry.ts agent/src/sample/main.ts`. The SDK itself knows nothing of OpenTelemetry.
await startTelemetry({ name: "rollcall-agent", folder: import.meta.dirname });

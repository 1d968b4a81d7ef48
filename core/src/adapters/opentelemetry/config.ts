import { z } from "zod";

const telemetryConfig = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_SDK_DISABLED: z.string().optional(),
  ROLLCALL_ENVIRONMENT: z.string().min(1).max(63).default("local"),
});

/**
 * Whether spans are to be sent, and the name of the environment that they come from. What else OpenTelemetry's own
 * variables say (headers, protocol, sampler, batch sizes) its SDK reads by itself.
 */
export function readTelemetryConfig(env: Readonly<Record<string, string | undefined>> = process.env): {
  isWanted: boolean;
  environment: string;
} {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const { data } = telemetryConfig.safeParse(given);
  // A mistake in an address must not keep a control service from working: it runs without spans.
  if (data === undefined) return { isWanted: false, environment: "unknown" };
  const endpoint = data.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? data.OTEL_EXPORTER_OTLP_ENDPOINT;
  const isWanted = endpoint !== undefined && data.OTEL_SDK_DISABLED !== "true";
  return { isWanted, environment: data.ROLLCALL_ENVIRONMENT };
}

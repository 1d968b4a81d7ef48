import { Counter, Gauge, type Registry } from "prom-client";
import { TracedHistogram } from "./traced-histogram.ts";

/** `route` is the declared pattern (`/api/v1/agents/:id`), never the address a client sent, so its values are bounded. */
interface HttpRequestLabels {
  readonly method: string;
  readonly route: string;
}

interface Answered extends HttpRequestLabels {
  readonly status: number;
  /** null: a request whose trace nobody looks for. */
  readonly traceparent: string | null;
}

export interface HttpMetrics {
  begin(): void;
  end(request: Answered, seconds: number): void;
}

/** HTTP requests by route. */
export function createHttpMetrics(registry: Registry): HttpMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: "rollcall_http_requests_total",
    help: "HTTP requests answered",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const duration = new TracedHistogram({
    name: "rollcall_http_request_duration_seconds",
    help: "Time from the request's first byte to the answer's last",
    labelNames: ["method", "route"],
    // 50 ms is the aim for an acknowledgement, 200 ms for the API, 3 s is Slack's limit.
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 10],
    registers,
  });
  const inFlight = new Gauge({
    name: "rollcall_http_requests_in_flight",
    help: "HTTP requests not answered yet",
    registers,
  });
  return {
    begin: () => inFlight.inc(),
    end({ method, route, status, traceparent }, seconds) {
      inFlight.dec();
      requests.inc({ method, route, status: String(status) });
      duration.count({ method, route }, seconds, traceparent);
    },
  };
}

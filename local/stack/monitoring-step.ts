import type { Tool } from "../tools/find-tool.ts";
import { addressesOf, type StackContext } from "./context.ts";
import type { Fetching } from "./fetch-tools.ts";
import { keepUntilReady } from "./keep-until-ready.ts";
import { alertmanagerProcess, prometheusProcess, writeMonitoringConfig } from "./monitoring.ts";
import { silenceStart } from "./start-silence.ts";
import type { Step, StepsOptions } from "./step.ts";

interface Around {
  readonly fetching: Fetching;
  /** Takes what is to be done when the whole stack is ready. */
  readonly atReady: (act: () => Promise<void>) => void;
}

export function monitoringStep(context: StackContext, { keeper }: StepsOptions, { fetching, atReady }: Around): Step {
  const { ports } = context;
  return {
    title: "Prometheus, Alertmanager",
    async run(update) {
      const timer = setInterval(() => update(fetching.describe()), 200);
      try {
        const [prometheus, alertmanager] = await Promise.all([
          fetching.tool("prometheus"),
          fetching.tool("alertmanager"),
        ]);
        writeMonitoringConfig(context);
        await Promise.all([
          keepUntilReady(context, keeper, {
            ...prometheusProcess(context, prometheus),
            readyPath: "/-/ready",
          }),
          keepUntilReady(context, keeper, {
            ...alertmanagerProcess(context, alertmanager),
            readyPath: "/-/ready",
          }),
        ]);
        atReady(await silenceStart(addressesOf(context).alertmanager, context.fleet.fleet));
        return {
          title: `Prometheus ${minor(prometheus)}, Alertmanager ${minor(alertmanager)}`,
          address: `127.0.0.1:${ports.prometheus}, 127.0.0.1:${ports.alertmanager}`,
          detail: prometheus.origin,
        };
      } finally {
        clearInterval(timer);
      }
    },
  };
}

const minor = ({ version }: Tool): string => version.split(".").slice(0, 2).join(".");

import { createGrafanaClient, type GrafanaClient } from "@rollcall/local/grafana/client.ts";
import { buildPages } from "@rollcall/local/grafana/host/build.ts";
import { createGrafanaStandIn } from "@rollcall/local/grafana/stand-in.ts";
import { type ControlStage, openControlStage, type StageOptions } from "./drills/control-stage.ts";

const PLUGIN_SECRET = "the secret of the plugin on a stage, for tests";
/** By their addresses at Grafana; its `second` has the admin's. */
const PEOPLE = [
  ...[
    { id: "operator", role: "operator" },
    { id: "admin", role: "admin" },
  ],
  ...["viewer", "former", "nobody"].map((id) => ({ id, role: "viewer" })),
].map((person) => ({ ...person, name: person.id, mails: [`${person.id}@example.test`] }));

/** Who may at least look, by their sessions at Grafana. */
export const KNOWN = ["operator", "second", "viewer", "former", "nobody"] as const;

/** A real control service before simulated agents, and the plugin's production bundle in the stand-in of Grafana. */
export interface GrafanaStage {
  /** `http://127.0.0.1:<port>` of the stand-in. */
  readonly url: string;
  readonly client: GrafanaClient;
  readonly control: ControlStage;
  close(): Promise<void>;
}

/** Opens it; those of KNOWN may at least look. */
export async function openGrafanaStage(
  agents: number,
  options: Pick<StageOptions, "described" | "says"> = {},
): Promise<GrafanaStage> {
  const built = buildPages();
  const upstream = "http://127.0.0.1:9";
  const grafana = await createGrafanaStandIn({ port: 0, upstream, pluginSecret: PLUGIN_SECRET, built });
  try {
    await built;
    const environment = { GRAFANA_URL: grafana.url, GRAFANA_PLUGIN_SECRET: PLUGIN_SECRET };
    const control = await openControlStage(agents, { ...options, access: { people: PEOPLE }, environment });
    const client = createGrafanaClient(grafana.url);
    await client.set({ upstream: control.url });
    return {
      ...{ url: grafana.url, client, control },
      async close() {
        await control.close();
        await grafana.close();
      },
    };
  } catch (error) {
    await grafana.close();
    throw error;
  }
}

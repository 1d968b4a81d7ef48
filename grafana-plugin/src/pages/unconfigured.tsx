import { config, PluginPage } from "@grafana/runtime";
import type { ReactElement } from "react";

/** Before anybody has said where the control service is. */
export function Unconfigured(): ReactElement {
  return (
    <PluginPage>
      <p>
        Rollcall is not set up yet: an admin enters the address of the control service and the secret in its{" "}
        <a href={`${config.appSubUrl ?? ""}/plugins/rollcall-fleet-app?page=configuration`}>Configuration</a>.
      </p>
    </PluginPage>
  );
}

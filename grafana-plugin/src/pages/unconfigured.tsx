import { config, PluginPage } from "@grafana/runtime";
import type { ReactElement } from "react";
import { t } from "../translate.ts";

/** Before anybody has said where the control service is. */
export function Unconfigured(): ReactElement {
  return (
    <PluginPage>
      <p>
        {t(
          "app.unconfigured",
          "Rollcall is not set up yet: an admin enters the address of the control service and the secret.",
        )}{" "}
        <a href={`${config.appSubUrl ?? ""}/plugins/rollcall-fleet-app?page=configuration`}>
          {t("page.configuration", "Configuration")}
        </a>
      </p>
    </PluginPage>
  );
}

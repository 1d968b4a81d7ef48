declare module "#plugin-page" {
  import type { PluginPageProps } from "@grafana/runtime";
  import type { ComponentType } from "react";

  export function setPluginPage(frame: ComponentType<PluginPageProps>): void;
}

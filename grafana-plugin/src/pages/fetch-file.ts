import { config } from "@grafana/runtime";
import { PROXY } from "../api/ask.ts";

/**
 * The browser writes it to the disk as it comes, however long it is. A link that is no part of the page is not followed by Grafana.
 * @param path below the plugin's proxy: `api/v1/logs/export?format=csv`
 */
export function fetchFile(path: string): void {
  const link = document.createElement("a");
  link.href = `${config.appSubUrl ?? ""}/${PROXY}/${path}`;
  link.download = "";
  link.click();
}

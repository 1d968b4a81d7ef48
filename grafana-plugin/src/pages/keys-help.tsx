import { Modal } from "@grafana/ui";
import type { ReactElement } from "react";
import { PAGE_KEYS } from "../parts/keys.ts";
import { t } from "../translate.ts";

/** How the page that a key leads to is called. */
const PAGE_WORDS: Readonly<Record<string, () => string>> = {
  overview: () => t("page.overview", "Overview"),
  alerts: () => t("page.alerts", "Alerts"),
  agents: () => t("page.agents", "Agents"),
  operations: () => t("page.operations", "Operations"),
  requests: () => t("page.requests", "Requests"),
  "roll-call": () => t("page.roll-call", "Roll call"),
  bus: () => t("page.bus", "Event bus"),
  logs: () => t("page.logs", "Logs"),
  diagnostics: () => t("page.diagnostics", "Diagnostics"),
  metrics: () => t("page.metrics", "Metrics"),
  audit: () => t("page.audit", "Audit"),
};

const others = (): [keys: string[], words: string][] => [
  [["/"], t("keys.search", "search")],
  [["j", "k"], t("keys.row", "row")],
  [["x"], t("keys.select", "select")],
  [["Enter"], t("keys.open", "open")],
  [["."], t("keys.actions", "actions")],
  [["Esc"], t("keys.back", "back")],
];

/** All keys, for `r ?`. */
export default function KeysHelp({ onClose }: { readonly onClose: () => void }): ReactElement {
  const pages = Object.entries(PAGE_KEYS).map(([key, page]) => [["r", key], PAGE_WORDS[page]?.() ?? page] as const);
  return (
    <Modal title={t("keys.title", "Keys")} isOpen onDismiss={onClose}>
      <ul>
        {[...pages, ...others()].map(([keys, words]) => (
          <li key={keys.join(" ")}>
            {keys.map((key) => (
              <kbd key={key} style={{ marginRight: 4 }}>
                {key}
              </kbd>
            ))}
            {words}
          </li>
        ))}
      </ul>
    </Modal>
  );
}

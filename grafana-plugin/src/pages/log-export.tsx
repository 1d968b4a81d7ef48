import { Dropdown, Menu, ToolbarButton } from "@grafana/ui";
import type { ReactElement } from "react";
import { t } from "../translate.ts";
import { fetchFile } from "./fetch-file.ts";

const formats = () => [
  { format: "text", label: t("logs.text", "Text") },
  { format: "jsonl", label: t("logs.jsonl", "JSON Lines") },
  { format: "csv", label: "CSV" },
];

/** All lines that fit, not only those on the screen, as a file that the service writes. @param search as it is asked for */
export function LogExport({ search }: { readonly search: string }): ReactElement {
  const menu = (
    <Menu>
      {formats().map(({ format, label }) => (
        <Menu.Item key={format} label={label} onClick={() => fetchFile(exportPath(search, format))} />
      ))}
    </Menu>
  );
  return (
    <Dropdown overlay={menu} placement="bottom-end">
      <ToolbarButton
        icon="download-alt"
        tooltip={t("logs.export-hint", "Export all lines that fit; it is written down who did")}
        aria-label={t("verb.export", "Export")}
      >
        {t("verb.export", "Export")}
      </ToolbarButton>
    </Dropdown>
  );
}

const exportPath = (search: string, format: string): string =>
  `api/v1/logs/export?format=${format}${search === "" ? "" : `&${search}`}`;

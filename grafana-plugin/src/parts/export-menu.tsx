import { Dropdown, Menu, ToolbarButton } from "@grafana/ui";
import type { ReactElement } from "react";
import { t } from "../translate.ts";

type Row = Readonly<Record<string, string | number | boolean | null>>;

interface ExportMenuProps {
  /** Without its end: `agents`. */
  readonly name: string;
  readonly rows: () => readonly Row[];
}

/** What is shown as a file: CSV or JSON. */
export function ExportMenu({ name, rows }: ExportMenuProps): ReactElement {
  const menu = (
    <Menu>
      <Menu.Item label="CSV" onClick={() => save(`${name}.csv`, toCsv(rows()), "text/csv;charset=utf-8")} />
      <Menu.Item
        label="JSON"
        onClick={() => save(`${name}.json`, JSON.stringify(rows(), null, 2), "application/json")}
      />
    </Menu>
  );
  return (
    <Dropdown overlay={menu} placement="bottom-end">
      <ToolbarButton
        icon="download-alt"
        tooltip={t("part.export-hint", "Export what is shown")}
        aria-label={t("verb.export", "Export")}
      >
        {t("verb.export", "Export")}
      </ToolbarButton>
    </Dropdown>
  );
}

/** Columns are those of the first row; a cell that a spreadsheet would run as a formula is put behind an apostrophe. */
export function toCsv(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  return [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ""))]
    .map((cells) => cells.map(cell).join(","))
    .join("\r\n")
    .concat("\r\n");
}

function cell(value: string | number | boolean): string {
  const text = typeof value === "string" && /^\s*[=+\-@\t\r|%]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function save(name: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

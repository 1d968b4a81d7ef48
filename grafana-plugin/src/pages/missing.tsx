import type { ReactElement } from "react";
import { Page } from "../parts/page.tsx";
import { hrefOf } from "../parts/place.ts";
import { t } from "../translate.ts";

export default function Missing(): ReactElement {
  return (
    <Page title={t("missing.title", "No such page")}>
      <p style={{ gridColumn: "1 / -1" }}>
        {t("missing.words", "There is no page at this address.")}{" "}
        <a href={hrefOf("overview")}>{t("page.overview", "Overview")}</a>
      </p>
    </Page>
  );
}

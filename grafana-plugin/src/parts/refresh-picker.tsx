import { RefreshPicker } from "@grafana/ui";
import { memo, type ReactElement } from "react";
import { refreshBelow } from "../api/answers.ts";
import { chooseRefresh, INTERVALS, refreshChoice } from "../api/refresh.ts";
import { useStore } from "../api/store.ts";
import { t } from "../translate.ts";
import { useIsPhone } from "./screen.ts";

/** Reads all figures of the page again, now or every so often, as on a dashboard; what is live needs none of it. */
export const Refresh = memo(function Refresh(): ReactElement {
  return (
    <RefreshPicker
      value={useStore(refreshChoice)}
      intervals={[...INTERVALS]}
      showAutoInterval
      noIntervalPicker={useIsPhone()}
      isOnCanvas
      tooltip={t("part.refresh", "Read the figures again")}
      onRefresh={() => refreshBelow("api/v1/")}
      onIntervalChanged={chooseRefresh}
    />
  );
});

import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ApiLogs } from "@rollcall/core/log-contract.ts";
import type { ReactElement } from "react";
import { useNow } from "../parts/tick.ts";
import { momentWords } from "../parts/words.ts";
import { t } from "../translate.ts";

type LogPlace = ApiLogs["places"][number];

/** Each is read every second; what was not for so long misses lines. */
const TOO_LONG_MS = 60_000;

const missesLines = ({ problem, readAt }: LogPlace, now: number): boolean =>
  problem !== null || readAt === null || now - readAt > TOO_LONG_MS;

/** Where lines may be missing: "supervisor: not reachable since 02:41:10, lines may be missing". */
export function LogPlaces({ places }: { readonly places: readonly LogPlace[] }): ReactElement | null {
  const styles = useStyles2(getStyles);
  const now = useNow();
  const bad = places.filter((place) => missesLines(place, now));
  if (bad.length === 0) return null;
  return (
    <div role="status">
      <ul className={styles.places}>
        {bad.map((place) => (
          <li key={place.name}>
            <span aria-hidden>▲</span> {placeWords(place, now)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function placeWords({ name, problem, readAt }: LogPlace, now: number): string {
  const what = problem ?? t("logs.unread", "not read");
  if (readAt === null) return t("logs.place-never", "{{name}}: {{what}}, never read so far", { name, what });
  const at = momentWords(readAt, now);
  return t("logs.place", "{{name}}: {{what}} since {{at}}, lines may be missing", { name, what, at });
}

function getStyles(theme: GrafanaTheme2) {
  return {
    places: css({ listStyle: "none", margin: theme.spacing(0, 0, 1), color: theme.colors.warning.text }),
  };
}

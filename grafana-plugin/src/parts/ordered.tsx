import { lazy, type ReactElement, Suspense, useEffect, useMemo } from "react";
import { t } from "../translate.ts";
import { Boundary } from "./boundary.tsx";
import { readOrder } from "./order.ts";
import { changeQuery, usePlace } from "./place.ts";

// Forms and plans are only loaded when somebody wants to do something.
const CommandDrawer = lazy(() => import("../drawer/command-drawer.tsx"));

/** The drawer of the command that the address asks for; nothing if it asks for none. */
export function Ordered(): ReactElement | null {
  const place = usePlace();
  const order = useMemo(() => readOrder(place), [place]);
  // A link without a key gets one at once, so that a reload is the same wish.
  useEffect(() => {
    if (order !== null && place.query.get("key") !== order.key) changeQuery({ key: order.key });
  }, [order, place]);
  if (order === null) return null;
  return (
    <Boundary name={t("form.name", "The form")}>
      <Suspense fallback={null}>
        <CommandDrawer key={`${order.command} ${order.key}`} order={order} />
      </Suspense>
    </Boundary>
  );
}

import { locationService } from "@grafana/runtime";
import type { AnchorHTMLAttributes, ReactElement } from "react";

interface LinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  readonly to: string;
}

/** What Grafana's components use of its router. */
export function Link({ to, children, ...rest }: LinkProps): ReactElement {
  return (
    <a {...rest} href={to}>
      {children}
    </a>
  );
}

export const useLocation = () => locationService.getLocation();
export const useNavigate = () => (to: string) => locationService.push(to);

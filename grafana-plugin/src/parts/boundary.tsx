import { Alert, Button } from "@grafana/ui";
import { Component, type ReactNode } from "react";
import { t } from "../translate.ts";

interface BoundaryProps {
  readonly name: string;
  readonly children: ReactNode;
}

/** One region of a page: if it breaks, the rest of the page stays, and it can be tried again. */
export class Boundary extends Component<BoundaryProps, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <Alert severity="error" title={t("part.broken", "{{name}} could not be drawn", { name: this.props.name })}>
        <p>{this.state.error.message}</p>
        <Button size="sm" onClick={() => this.setState({ error: null })}>
          {t("verb.retry", "Retry")}
        </Button>
      </Alert>
    );
  }
}

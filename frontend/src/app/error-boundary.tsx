import { Component, type ErrorInfo, type ReactNode } from "react";
import { CrashScreen } from "./boot-screens.tsx";

interface State {
  readonly error: unknown;
}

/** Shows a screen with a way on where a part of the page threw while drawing. `reset` tries it again when it changes. */
export class ErrorBoundary extends Component<{ readonly reset?: string; readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    // biome-ignore lint/suspicious/noConsole: the only place where a person who reports this finds the stack.
    console.error(error, info.componentStack);
  }

  override componentDidUpdate(before: { readonly reset?: string }): void {
    if (before.reset !== this.props.reset && this.state.error !== null) this.setState({ error: null });
  }

  override render(): ReactNode {
    return this.state.error === null ? this.props.children : <CrashScreen error={this.state.error} />;
  }
}

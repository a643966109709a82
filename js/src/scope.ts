/** The lifetime of one view: whatever listens or waits ends with it, on hosts that give an AbortSignal and on those that don't. */

export interface Scope {
  readonly signal: AbortSignal;
  /** Runs `f` when the view ends, at once where it already has. */
  onEnd(f: () => void): void;
  /** Runs `f` in `ms` milliseconds unless the view ends first. Returns what cancels it. */
  after(ms: number, f: () => void): () => void;
  end(): void;
}

// anywidget before 0.11 passes no signal, and a server's front end can be older than the kernel's package.
export function createScope(outer?: AbortSignal): Scope {
  const controller = new AbortController();
  const { signal } = controller;
  const end = () => controller.abort();
  const scope: Scope = {
    signal,
    end,
    onEnd(f) {
      if (signal.aborted) f();
      else signal.addEventListener("abort", f, { once: true });
    },
    after(ms, f) {
      if (signal.aborted) return () => {};
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", cancel);
        f();
      }, ms);
      const cancel = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", cancel);
      };
      signal.addEventListener("abort", cancel, { once: true });
      return cancel;
    },
  };
  if (outer?.aborted) end();
  else outer?.addEventListener("abort", end, { once: true, signal });
  return scope;
}

/** Moving the focus through a grid that is one tab stop. */

const STEPS: Record<string, (columns: number, index: number, last: number) => number> = {
  ArrowRight: (_, index) => index + 1,
  ArrowLeft: (_, index) => index - 1,
  ArrowDown: (columns, index) => index + columns,
  ArrowUp: (columns, index) => index - columns,
  Home: () => 0,
  End: (_columns, _index, last) => last,
};

/** Where `key` leads from `index` in a grid of `count` items; null where it leads nowhere. */
export function roved(key: string, index: number, count: number, columns: number): number | null {
  const step = STEPS[key];
  if (!step) return null;
  const next = step(columns, index, count - 1);
  return next >= 0 && next < count && next !== index ? next : null;
}

/** How many of `items` stand in the first row. */
export function columnsOf(items: readonly HTMLElement[]): number {
  const top = items[0]?.offsetTop;
  const wrapped = items.findIndex((item) => item.offsetTop !== top);
  return wrapped === -1 ? Math.max(items.length, 1) : wrapped;
}

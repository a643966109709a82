/** A value that is drawn: whoever changes it has the view drawn anew. */

export interface Cell<T> {
  value: T;
}

export function cell<T>(first: T, changed: () => void): Cell<T> {
  let current = first;
  return {
    get value() {
      return current;
    },
    set value(next) {
      if (Object.is(next, current)) return;
      current = next;
      changed();
    },
  };
}

/** The few drawings the screens need, inline and hidden from screen readers: words say what they mean. */

const PATHS = {
  search: "M7 2.4a4.6 4.6 0 1 0 0 9.2 4.6 4.6 0 0 0 0-9.2ZM10.6 10.6 14 14",
  tick: "m3.5 8.4 3 3 6-6.6",
  cross: "m4.5 4.5 7 7m0-7-7 7",
  left: "m9.8 4-4 4 4 4",
  right: "m6.2 4 4 4-4 4",
  copy: "M5.5 5.5v-3h8v8h-3m-8-5h8v8h-8z",
} as const;

export const Icon = ({ name, size = 14 }: { name: keyof typeof PATHS; size?: number }) => (
  <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);

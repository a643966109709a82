/** A button that can be off, and then says why instead of vanishing. */

import type { ButtonHTMLAttributes } from "preact";

interface ButtonProps extends ButtonHTMLAttributes {
  /** Why it does nothing now; `true` where that is plain to see. */
  off?: string | boolean;
}

export function Button({ off, title, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={off ? true : undefined}
      title={typeof off === "string" && off ? off : title}
      onClick={off ? undefined : onClick}
    />
  );
}

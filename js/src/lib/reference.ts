/** Whether a typed text names one model by itself. What it names is for the kernel to say. */

const PATH = /^(~|\.{1,2}[\\/]|[\\/]|[a-z]:[\\/])/i;
const PAGE = /^https:\/\/\S+\/\S+/i;
const ID = /^[\w.-]+\/[\w.-]+(@[\w./-]+)?$/;

/** The trimmed text where it looks like a folder, a page or `author/name`, else null. */
export function modelReference(text: string): string | null {
  const trimmed = text.trim();
  return PATH.test(trimmed) || PAGE.test(trimmed) || ID.test(trimmed) ? trimmed : null;
}

/** Whether there is nothing to search for in a reference: the Hub knows no folders and no addresses. */
export const isPlace = (reference: string) => PATH.test(reference) || PAGE.test(reference);

/** Addresses that may be opened: https and nothing else, whoever sent them. */

export function safeLink(address: string): string | null {
  try {
    return new URL(address).protocol === "https:" ? address : null;
  } catch {
    return null;
  }
}

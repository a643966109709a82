/** The cards this browser has seen: a card that did not change stays the same object, so that it is not drawn again. */

import type { Card, ResultsView } from "../wire";

// More than a person scrolls through; what was seen longest ago goes first.
const REMEMBERED = 2000;
// Two rows on a wide screen: what is drawn for a keystroke is replaced by the kernel’s answer some frames later.
const SHOWN_AT_ONCE = 8;

export interface CardMemory {
  /** The same results, with each card that is as it was being the object it was. */
  settle(results: ResultsView): ResultsView;
  /** The cards seen so far, those on screen first, whose id holds every word of `query`: an answer with no kernel. */
  matching(query: string, onScreen: readonly Card[], alone: boolean): readonly Card[];
}

export function createCardMemory(): CardMemory {
  const seen = new Map<string, { text: string; card: Card; words: string }>();

  function same(card: Card): Card {
    const text = JSON.stringify(card);
    const known = seen.get(card.id);
    seen.delete(card.id);
    const kept = known?.text === text ? known : { text, card, words: card.id.toLowerCase() };
    seen.set(card.id, kept);
    return kept.card;
  }

  return {
    settle(results) {
      const cards = results.cards.map(same);
      for (const id of seen.keys()) {
        if (seen.size <= REMEMBERED) break;
        seen.delete(id);
      }
      return { ...results, cards };
    },
    matching(query, onScreen, alone) {
      const words = query.toLowerCase().split(/\s+/).filter(Boolean);
      const fits = (id: string) => words.every((word) => id.includes(word));
      const found = new Set(onScreen.filter(({ id }) => fits(id.toLowerCase())).slice(0, SHOWN_AT_ONCE));
      if (!alone) {
        for (const { card, words: id } of seen.values()) {
          if (found.size >= SHOWN_AT_ONCE) break;
          if (fits(id)) found.add(card);
        }
      }
      return [...found];
    },
  };
}

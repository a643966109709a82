/** One model: its name, its numbers with their sources, and what is worth knowing in a word or two. */

import type { ComponentChildren } from "preact";
import { compact, gib, parameters } from "../lib/format";
import type { Card, FactInt } from "../wire";
import { Icon } from "./icon";

interface ModelCardProps {
  card: Card;
  chosen: boolean;
  checking: boolean;
  focusable: boolean;
  position: number;
  count: number;
  onChoose: () => void;
  onFocus: () => void;
}

export function ModelCard({ card, chosen, checking, focusable, position, count, onChoose, onFocus }: ModelCardProps) {
  const { id, author, name, note, badges, parameters: size, weight_bytes, downloads } = card;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onChoose();
  };
  return (
    <div
      class="card"
      role="option"
      aria-selected={chosen}
      aria-busy={checking}
      aria-setsize={count}
      aria-posinset={position}
      tabIndex={focusable ? 0 : -1}
      data-id={id}
      onClick={onChoose}
      onKeyDown={onKeyDown}
      onFocus={onFocus}
    >
      <div>
        <div class="dim">{author || "\u00a0"}</div>
        <b class="name">{name}</b>
      </div>
      <div class="dim nums">
        <Count fact={size} unknown="parameters unknown">
          <b>{parameters(size.value ?? 0)}</b> params
        </Count>
        <Count fact={weight_bytes} unknown="size unknown">
          <b>{gib(weight_bytes.value ?? 0)}</b> GiB
        </Count>
        <Count fact={downloads} unknown="">
          {compact(downloads.value ?? 0)} <span aria-hidden="true">↓</span>
          <span class="sr">downloads</span>
        </Count>
      </div>
      {note && <div class="dim">{note}</div>}
      <div class="badges">
        {badges.map(({ text, tone, why }) => (
          <span key={text} class={`badge ${tone}`} title={why}>
            {text}
          </span>
        ))}
      </div>
      {(chosen || checking) && (
        <span class={checking ? "tick checking" : "tick"} title={checking ? "Checking access and files" : "Chosen"}>
          {!checking && <Icon name="tick" size={12} />}
        </span>
      )}
    </div>
  );
}

function Count({ fact, unknown, children }: { fact: FactInt; unknown: string; children: ComponentChildren }) {
  return <span title={fact.source}>{fact.value == null ? unknown : children}</span>;
}

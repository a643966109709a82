/** One model: its name, its numbers with their sources, and what is worth knowing in a word or two. */

import { Component, type ComponentChildren } from "preact";
import type { Drawn } from "../app";
import { compact, gib, parameters, since } from "../lib/format";
import type { Card, FactInt } from "../wire";
import { Icon } from "./icon";

interface ModelCardProps extends Drawn {
  card: Card;
  chosen: boolean;
  checking: boolean;
  focusable: boolean;
  /** Whether its details are what the panel shows. */
  open: boolean;
}

const ORIGINS: Record<string, string> = {
  hub: "Hub",
  seen: "Hub",
  catalogue: "catalogue",
  popular: "catalogue",
  folder: "this disk",
  cached: "this disk",
};

/** A card is drawn again only when something on it changed: a page more, or a keystroke, leaves the others alone. */
export class ModelCard extends Component<ModelCardProps> {
  override shouldComponentUpdate(next: ModelCardProps) {
    return (Object.keys(next) as (keyof ModelCardProps)[]).some((name) => next[name] !== this.props[name]);
  }

  choose = () => {
    const { app, card, chosen } = this.props;
    if (!chosen) app.selectModel({ repo_id: card.id });
  };

  look = (event: Event) => {
    event.stopPropagation();
    this.props.app.openDetails(this.props.card.id);
  };

  onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "i") this.look(event);
    else if (event.key === "Enter" || event.key === " ") this.choose();
    else return;
    event.preventDefault();
  };

  onFocus = () => {
    this.props.app.local.card.value = this.props.card.id;
  };

  render({ card, chosen, checking, focusable, open }: ModelCardProps) {
    const { id, author, name, note, badges, parameters: size, weight_bytes, downloads, origin, as_of } = card;
    return (
      <div
        class={open ? "card open" : "card"}
        role="option"
        aria-selected={chosen}
        aria-busy={checking}
        aria-keyshortcuts="i"
        tabIndex={focusable ? 0 : -1}
        data-id={id}
        onClick={this.choose}
        onKeyDown={this.onKeyDown}
        onFocus={this.onFocus}
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
        <div class="dim by">
          <span>{[ORIGINS[origin] ?? origin, since(as_of)].filter(Boolean).join(", ")}</span>
          {/* For the mouse. An option can hold no button; the keyboard has “i”, and the button after the list. */}
          <span class="look" aria-hidden="true" onClick={this.look}>
            Details
          </span>
        </div>
        {(chosen || checking) && (
          <span class={checking ? "tick checking" : "tick"} title={checking ? "Checking access and files" : "Chosen"}>
            {!checking && <Icon name="tick" size={12} />}
          </span>
        )}
      </div>
    );
  }
}

function Count({ fact, unknown, children }: { fact: FactInt; unknown: string; children: ComponentChildren }) {
  return <span title={fact.source}>{fact.value == null ? unknown : children}</span>;
}

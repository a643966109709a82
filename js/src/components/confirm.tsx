/** A question that has to be answered before anything is chosen. It takes the focus from who asked, and gives it back. */

import { Component } from "preact";
import type { App } from "../app";
import type { Finding } from "../wire";
import { Button } from "./button";

interface ConfirmProps {
  app: App;
  finding: Finding;
}

export class Confirm extends Component<ConfirmProps> {
  asked = false;
  box: HTMLElement | null = null;

  override componentDidMount() {
    // A model that Python asked for takes the focus from nobody.
    const { local } = this.props.app;
    this.asked = local.asking.value;
    local.asking.value = false;
    if (this.asked) this.box?.querySelector("button")?.focus();
  }

  /** The focus goes back to the card, or to the box where its name was typed. */
  giveBack() {
    const root = this.box?.getRootNode() as ShadowRoot | undefined;
    const back = ["[role=option][tabindex='0']", ".search input"].map((where) =>
      root?.querySelector<HTMLElement>(where),
    );
    if (this.asked) back.find(Boolean)?.focus();
  }

  leave = () => {
    this.giveBack();
    this.props.app.ask("withdraw", { step: "model" });
  };

  agree = () => {
    const { app, finding } = this.props;
    this.giveBack();
    if (finding.fix) app.apply(finding.fix);
  };

  render({ finding }: ConfirmProps) {
    return (
      <div
        class="finding warning confirm"
        role="alertdialog"
        aria-labelledby="confirm-what"
        aria-describedby="confirm-why"
        ref={(box) => {
          this.box = box;
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          this.leave();
        }}
      >
        <span class="mark" aria-hidden="true">
          ?
        </span>
        <div>
          <p id="confirm-what">{finding.message}</p>
          <p class="dim" id="confirm-why">
            Nothing is chosen yet{finding.evidence && ` (${finding.evidence})`}.
          </p>
        </div>
        <span class="bar">
          <Button class="btn" onClick={this.leave}>
            Don’t use it
          </Button>
          <Button class="btn" onClick={this.agree}>
            {finding.fix?.label}
          </Button>
        </span>
      </div>
    );
  }
}

/** Does something when it is first drawn, and again whenever what that depends on is another. */

import { Component } from "preact";

interface WhenChangedProps {
  of: string;
  then: () => void;
}

export class WhenChanged extends Component<WhenChangedProps> {
  override componentDidMount() {
    this.props.then();
  }

  override componentDidUpdate(before: WhenChangedProps) {
    if (before.of !== this.props.of) this.props.then();
  }

  override render() {
    return null;
  }
}

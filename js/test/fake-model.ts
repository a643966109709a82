/** A host's model that records: what the view listens to, what it sends, and what a kernel would have sent. */

import type { Kind, Model, Traits } from "../src/store";
import type { Answer, Intent } from "../src/wire";

type Listener = (...given: unknown[]) => void;
type Sent = Omit<Intent, "kind" | "payload"> & { kind: Kind; payload: Record<string, unknown> };

export class FakeModel {
  readonly sent: Sent[] = [];
  readonly listeners = new Map<string, Set<Listener>>();
  /** What a kernel does with an intent; nothing where there is no kernel. */
  kernel: (intent: Sent) => void = () => {};
  private readonly traits: Record<string, unknown>;

  constructor(traits: Partial<Traits> = {}) {
    this.traits = { ...traits };
  }

  get(name: string): unknown {
    return this.traits[name];
  }

  on(event: string, listener: Listener): void {
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all.add(listener));
  }

  off(event?: string | null, listener?: Listener | null): void {
    if (!event || !listener) throw new Error("This would remove the listeners of other views.");
    this.listeners.get(event)?.delete(listener);
  }

  send(content: unknown): void {
    // What is sent becomes JSON on its way.
    const intent = JSON.parse(JSON.stringify(content)) as Sent;
    this.sent.push(intent);
    this.kernel(intent);
  }

  /** The kernel writes traits. */
  writes(traits: Partial<Traits>): void {
    Object.assign(this.traits, traits);
    for (const name of Object.keys(traits)) this.emit(`change:${name}`);
  }

  /** The kernel answers, to every view. */
  answers(id: string, rest: Partial<Answer> = {}): void {
    this.emit("msg:custom", { v: 1, id, kind: "result", findings: [], payload: {}, trouble: null, ...rest }, []);
  }

  emit(event: string, ...given: unknown[]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(...given);
  }

  sentOf(kind: Kind): Sent[] {
    return this.sent.filter((intent) => intent.kind === kind);
  }

  get listening(): number {
    return [...this.listeners.values()].reduce((sum, all) => sum + all.size, 0);
  }

  /** As the host hands it to a view. */
  get model(): Model {
    return this as unknown as Model;
  }
}

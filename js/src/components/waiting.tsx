/** What stands in place of a screen that is still on its way from the kernel. */

import type { Drawn } from "../app";
import { troublesOf } from "../lib/findings";
import { Button } from "./button";
import { Findings } from "./findings";

export function Waiting({ app }: Drawn) {
  const troubles = troublesOf(app, "load_screens");
  return (
    <div class="panel waiting">
      {troubles.length > 0 ? (
        <>
          <Findings app={app} findings={troubles} />
          <Button onClick={() => app.loadScreens()}>Try again</Button>
        </>
      ) : (
        <p class="hint">This step is drawn as soon as the kernel is free.</p>
      )}
    </div>
  );
}

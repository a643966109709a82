/** A dataset that is still being read: how far it is, and its first rows, where the rows will stand. */

import type { Drawn } from "../app";
import type { RowsBeingRead } from "../wire";
import { Button } from "./button";
import { Cells } from "./rows-table";

const NONE: ReadonlySet<number> = new Set();

export function BeingRead({ app, reading }: Drawn & { reading: RowsBeingRead }) {
  const { name, says, first, share, words } = reading;
  return (
    <>
      <div class="bar spread">
        <b>{name ? `Reading ${name}…` : "Reading…"}</b>
        <span class="bar">
          <span class="dim">{words}</span>
          <Button class="link" onClick={app.cancelReading}>
            Cancel
          </Button>
        </span>
      </div>
      <progress class="share" aria-label="Read" max={1} value={share}>
        {`${Math.round(100 * share)} %`}
      </progress>
      {first.rows.length > 0 && (
        <>
          <p class="dim">{says}, as its first rows look. All rows are being checked.</p>
          <Cells columns={first.columns} rows={first.rows} offset={first.offset} excluded={NONE} />
        </>
      )}
    </>
  );
}

/** Whether something is being read that takes long enough to be shown. */
export const isReading = ({ name, words }: RowsBeingRead) => name !== "" || words !== "";

/** Rows of the dataset, a page at a time, as they are before any template. */

import type { Drawn } from "../app";
import { whole } from "../lib/format";
import { Button } from "./button";
import { Icon } from "./icon";

export function RowsTable({ app }: Drawn) {
  const first = app.store._rows.value;
  const { columns, rows, offset, total } = app.local.page.value ?? first;
  if (rows.length === 0) return <p class="empty">Rows appear here once a dataset is chosen.</p>;
  const size = first.rows.length;
  const end = offset + rows.length;
  const excluded = new Set(app.store.dataset.value?.excluded_rows);
  return (
    <>
      <div class="bar spread">
        <b>
          Rows {whole(offset + 1)} – {whole(end)} of {whole(total)}
        </b>
        <span class="bar">
          <Button
            class="btn small"
            aria-label="Earlier rows"
            off={offset === 0}
            onClick={() => app.turnTo(Math.max(0, offset - size))}
          >
            <Icon name="left" />
          </Button>
          <Button class="btn small" aria-label="Later rows" off={end >= total} onClick={() => app.turnTo(end)}>
            <Icon name="right" />
          </Button>
        </span>
      </div>
      <Cells columns={columns} rows={rows} offset={offset} excluded={excluded} />
    </>
  );
}

interface CellsProps {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  /** The number of the first row, from 0 on, and the numbers of those that are left out. */
  offset: number;
  excluded: ReadonlySet<number>;
}

/** Some rows, a column for each of theirs. */
export function Cells({ columns, rows, offset, excluded }: CellsProps) {
  return (
    <>
      {/* A wide table scrolls in its own box, and a box that scrolls must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <section class="box rows" aria-label="Rows of the dataset" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Row</th>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells, index) => {
              const row = offset + index;
              const out = excluded.has(row);
              return (
                <tr key={row} class={out ? "out" : undefined}>
                  <th scope="row">
                    {whole(row + 1)}
                    {out && <span class="sr"> (left out)</span>}
                  </th>
                  {cells.map((cell, column) => (
                    <td key={columns[column]}>
                      <div title={cell}>{cell}</div>
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </>
  );
}

/** The files of the package as they will be written, and the text of one of them. */

import type { Drawn } from "../app";
import { fileSize } from "../lib/format";
import { Button } from "./button";
import { CopyButton } from "./copy-button";

export function FileTree({ app }: Drawn) {
  const { files } = app.store._package.value;
  return (
    <div class="list tree">
      <div>
        <b>{app.store.deploy.value?.name}/</b>
        <span>{fileSize(files.reduce((sum, file) => sum + file.bytes, 0))}</span>
      </div>
      <ul aria-label="Files of the package">
        {files.map(({ path, bytes, about }) => (
          <li key={path}>
            <Button
              aria-current={path === app.local.file.value ? "true" : undefined}
              onClick={() => app.readFile(path)}
            >
              <span>{path}</span>
              <span>
                {about && `${about} · `}
                <span class="whole">{fileSize(bytes)}</span>
              </span>
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function FileText({ app }: Drawn) {
  const path = app.local.file.value;
  const read = app.local.fileText.value;
  const shown = read?.path === path ? read : null;
  return (
    <>
      <div class="bar spread">
        <b class="mono">{path}</b>
        {shown && <CopyButton app={app} text={shown.text} label={`Copy ${path}`} />}
      </div>
      {/* A box that scrolls must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <section class="box text" aria-label={`Text of ${path}`} aria-busy={!shown} tabIndex={0}>
        <pre>{shown?.text}</pre>
      </section>
      {shown?.truncated && <p class="dim">Only the beginning is shown. The whole file is written.</p>}
    </>
  );
}

/** What JSX is built into: build.mjs puts it where JSX is used. */

export { Fragment, h } from "preact";

/** What the first file shares with the second, by name; build.mjs makes it of what both import. */
declare module "shared-modules" {
  const modules: Readonly<Record<string, unknown>>;
  export default modules;
}

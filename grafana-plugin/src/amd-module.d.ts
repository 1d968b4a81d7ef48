/** What an AMD loader tells a module about itself. */
declare module "#amd-module" {
  const amd: { readonly uri?: string } | undefined;
  export default amd;
}

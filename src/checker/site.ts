/** A step as the build for the checker names it, `function file:line:column`, taken apart: the name of a file may hold spaces. */
export function partsOf(site: string): { readonly fn: string; readonly place: string } {
  const at = site.indexOf(' ')
  return at < 0 ? { fn: site, place: '' } : { fn: site.slice(0, at), place: site.slice(at + 1) }
}

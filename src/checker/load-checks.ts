import type { Check } from './check.ts'

/** The checks of the traced build, in which the checker sees what each actor keeps to itself. */
export async function loadChecks(): Promise<readonly Check[]> {
  const { CHECKS } = await import(new URL('../traced/checker/checks/all.js', import.meta.url).href)
  return CHECKS
}

import type { Run } from '../bench/result.ts'

/** More runs than this are counted. */
const MOST_NAMED = 12

/** A doubt that several variants share is said once, with the figure of each. */
export function warningLines(runs: readonly Pick<Run, 'variant' | 'warnings'>[]): string[] {
  const byDoubt = new Map<string, { variant: string; figure: string }[]>()
  for (const { variant, warnings } of runs) {
    for (const warning of warnings) {
      const [, doubt = warning, figure = ''] = /^(.*) \(([^()]*)\)$/.exec(warning) ?? []
      byDoubt.set(doubt, [...(byDoubt.get(doubt) ?? []), { variant, figure }])
    }
  }
  return [...byDoubt].map(([doubt, whose]) => {
    const figures = [...new Set(whose.map(({ figure }) => figure))]
    const isShared = whose.length === runs.length && figures.length === 1
    if (whose.length > MOST_NAMED) return `! ${doubt} (${whose.length} of ${runs.length} runs)`
    const stated = isShared ? figures[0] : whose.map(({ variant, figure }) => `${variant} ${figure}`.trim()).join(', ')
    return `! ${doubt}${stated === '' ? '' : ` (${stated})`}`
  })
}

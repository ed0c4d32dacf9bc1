import type { Run } from '../bench/result.ts'
import type { Scenario } from '../bench/scenario.ts'

/** The question about a broken variant is whether its fault was seen. */
export function caught(scenario: Scenario, run: Run): string {
  const variant = scenario.variants.find(({ name }) => name === run.variant)!
  const seen = run.outcomes.filter(({ grade }) => grade !== 'acceptable')
  if (seen.length > 0)
    return `${run.variant} (${variant.says}) was caught by ${seen.map(({ outcome }) => outcome).join(', ')}.`
  const reason = variant.kind === 'broken' && variant.unseenBecause ? `: ${variant.unseenBecause}` : ' in these trials'
  return `${run.variant} (${variant.says}) was not caught${reason}.`
}

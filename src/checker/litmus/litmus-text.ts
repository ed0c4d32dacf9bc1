import type { Observed } from './observe.ts'
import type { LitmusTest } from './test.ts'

/** A Never of this model is not always one of the kernel's. */
const LEFT_OUT =
  'relaxed has no load buffering, and a store reaches all other CPUs at once: the kernel may see what is Never here (docs/checking.md)'

/** The result of a litmus test in herd's format, once for each memory model. */
export function litmusText(test: LitmusTest, observed: readonly Observed[]): string {
  const parts = observed.map(({ memory, outcomes, observation, isOk, witness, states }) => {
    const hits = outcomes.filter(({ isPositive }) => isPositive).length
    return [
      `${test.name} with --memory ${memory}: ${outcomes.length} outcomes, ${states} states`,
      ...outcomes.map(({ text, isPositive }) => `  ${isPositive ? '*' : ' '} ${text}`),
      `${isOk ? 'Ok' : 'No'}: ${test.quantifier} ${test.asks}`,
      `Observation ${test.name} ${observation} ${hits} ${outcomes.length - hits}`,
      ...(memory === 'relaxed' && observation === 'Never' ? [LEFT_OUT] : []),
      ...(witness === null ? [] : ['', witness]),
    ].join('\n')
  })
  return parts.join('\n\n')
}

/** The answer alone, a line for each memory model. */
export const observationText = (test: LitmusTest, observed: readonly Observed[]): string =>
  observed
    .map(
      ({ memory, observation, isOk }) => `${isOk ? 'Ok' : 'No'}: ${observation} ${test.name} with --memory ${memory}`,
    )
    .join('\n')

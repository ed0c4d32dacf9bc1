import type { Check } from './check.ts'
import { definitionOf } from './definition.ts'
import { Machine } from './machine.ts'
import type { Finding } from './program.ts'
import { parseSchedule } from './schedule.ts'
import { play } from './witness.ts'
import { witnessText } from './witness-text.ts'

export type Replayed = { readonly text: string; readonly findings: readonly Finding[] }

/** Plays a schedule from its text; why it cannot be played, in a sentence, if it cannot. */
export function replaySchedule(check: Check, variant: string, configuration: string, text: string): Replayed | string {
  const schedule = parseSchedule(text)
  if (typeof schedule === 'string') return schedule
  const definition = definitionOf(check.name, variant, configuration)
  if (schedule.definition !== definition) {
    return `the schedule is of definition ${schedule.definition}, and ${variant} in ${configuration} is now ${definition}: the code, the variant or the configuration is another`
  }
  const program = check.program(variant, configuration)
  const played = play(new Machine(program, { patience: schedule.patience, counted: -1 }), schedule.actors)
  if (played.refused > 0)
    return `the schedule does not fit: its step ${schedule.actors.length - played.refused + 1} cannot be taken`
  const says = played.findings.map(({ name, says: sentence }) => `${name}: ${sentence}`)
  const verdict = says.length === 0 ? ['Nothing was violated.'] : says
  return { text: [witnessText(program, played), '', ...verdict].join('\n'), findings: played.findings }
}

import type { Check } from './check.ts'
import { definitionOf } from './definition.ts'
import { Machine } from './machine.ts'
import type { MemoryModel } from './memory/model.ts'
import type { Finding } from './program.ts'
import { parseSchedule } from './schedule.ts'
import { play } from './witness.ts'
import { witnessText } from './witness-text.ts'

export type Replayed = { readonly text: string; readonly findings: readonly Finding[] }

/** Plays a schedule from its text; why it cannot be played, in a sentence, if it cannot. `asked`: what memory is to be like. */
export function replaySchedule(
  check: Check,
  variant: string,
  configuration: string,
  text: string,
  asked?: MemoryModel,
): Replayed | string {
  const schedule = parseSchedule(text)
  if (typeof schedule === 'string') return schedule
  const definition = definitionOf(check.name, variant, configuration)
  if (schedule.definition !== definition) {
    return `the schedule is of definition ${schedule.definition}, and ${variant} in ${configuration} is now ${definition}: the code, the variant or the configuration is another`
  }
  const { memory, patience, steppers } = schedule
  if (asked !== undefined && asked !== memory) {
    return `the schedule is of memory that is ${memory}, and was to be played with ${asked}: its steps mean something else there`
  }
  const program = check.program(variant, configuration)
  const played = play(new Machine(program, { patience, memory }), steppers)
  if (played.refused > 0)
    return `the schedule does not fit: its step ${steppers.length - played.refused + 1} cannot be taken`
  const says = played.findings.map(({ name, says: sentence }) => `${name}: ${sentence}`)
  const verdict = says.length === 0 ? ['Nothing was violated.'] : says
  return {
    text: [...(memory === 'sc' ? [] : [`memory: ${memory}`]), witnessText(program, played), '', ...verdict].join('\n'),
    findings: played.findings,
  }
}

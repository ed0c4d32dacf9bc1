import { nearest } from '../errors/nearest.ts'
import { LIMITS, type Limits } from './limits.ts'
import { MEMORY_MODELS } from './memory/model.ts'
import { Refused } from './refused.ts'

const MODES = ['exhaustive', 'random', 'pct']
const FOR_EVER = 1 << 28

/** The valid values of each bound: a range of whole numbers, a number of seconds, or one of some names. */
const WHOLE: Readonly<Record<string, readonly [low: number, high: number]>> = {
  patience: [0, FOR_EVER],
  preemptions: [-1, 1000],
  states: [1, 500_000_000],
  depth: [1, 1_000_000],
  seed: [0, 0x7fff_ffff],
}
const NAMED: Readonly<Record<string, readonly string[]>> = { mode: MODES, memory: MEMORY_MODELS }

/** The limits of an exploration: those that were asked for, and defaults for the rest. Anything that is not a bound is refused. */
export function limitsOf(bound: Readonly<Record<string, unknown>> | undefined): Limits {
  if (bound === undefined) return LIMITS
  if (typeof bound !== 'object' || bound === null) throw new Refused(`bound is ${String(bound)}`, 'It is an object.')
  refuseUnknown('bound', bound, Object.keys(LIMITS))
  for (const [name, value] of Object.entries(bound)) checkBound(name, value)
  return { ...LIMITS, ...bound }
}

function checkBound(name: string, value: unknown): void {
  const shown = typeof value === 'string' ? `'${value}'` : String(value)
  const names = NAMED[name]
  if (names !== undefined && !names.includes(value as string)) {
    const meant = typeof value === 'string' ? nearest(value, names)[0] : undefined
    const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`
    throw new Refused(`bound.${name} is ${shown}`, `It is one of: ${names.join(', ')}.${hint}`)
  }
  if (name === 'seconds' && !(typeof value === 'number' && value > 0 && value <= 1_000_000)) {
    throw new Refused(`bound.seconds is ${shown}`, 'It is a number above 0, of seconds.')
  }
  const [low, high] = WHOLE[name] ?? [0, 0]
  if (WHOLE[name] === undefined || (Number.isInteger(value) && Number(value) >= low && Number(value) <= high)) return
  throw new Refused(`bound.${name} is ${shown}`, `It is a whole number from ${low} to ${high}.`)
}

/** Refuses names that mean nothing, with the one that may have been meant. */
export function refuseUnknown(where: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    const [meant] = nearest(name, known)
    const hint = meant === undefined ? `There are: ${known.join(', ')}.` : `Did you mean '${meant}'?`
    throw new Refused(`${where} has no '${name}'`, hint)
  }
}

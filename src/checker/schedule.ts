import { MEMORY_MODELS, type MemoryModel } from './memory/model.ts'

/**
 * The stepper of each step of an execution, as text that can be pasted: `1:4f09ab12:01:0001110002`, or with a memory
 * model, `1:4f09ab12:01:tso:00030112`.
 */
export type Schedule = {
  /** The hash of the protocol and of the check: see definition.ts. */
  readonly definition: string
  /** How often a retry loop could repeat. */
  readonly patience: number
  readonly memory: MemoryModel
  /** Actors, and the numbers of their stores and loads: see memory/weak-memory.ts. */
  readonly steppers: readonly number[]
}

const VERSION = 1
const FOR_EVER = 0xff

/** Digits and the letters up to v. */
const RADIX = 32

export function scheduleText({ definition, patience, memory, steppers }: Schedule): string {
  const bounded = patience >= FOR_EVER ? FOR_EVER : patience
  const steps = steppers.map((stepper) => stepper.toString(RADIX)).join('')
  const model = memory === 'sc' ? [] : [memory]
  return [VERSION, definition, bounded.toString(16).padStart(2, '0'), ...model, steps].join(':')
}

/** Why a text is no schedule, in a sentence; or the schedule. */
export function parseSchedule(text: string): Schedule | string {
  const version = /^(\d+):/.exec(text)?.[1]
  if (version === undefined) return `'${text.slice(0, 40)}' is not a schedule: it has no version in front`
  if (Number(version) !== VERSION)
    return `the schedule has version ${version}, and this program reads version ${VERSION}`
  const match = /^\d+:([0-9a-f]{8}):([0-9a-f]{2}):(?:([a-z]+):)?([0-9a-v]+)$/.exec(text)
  if (match === null) return 'the schedule is damaged: it is not version:definition:patience:steps'
  const { 1: definition = '', 2: patience = '', 3: named = 'sc', 4: steps = '' } = match
  const memory = MEMORY_MODELS.find((model) => model === named)
  if (memory === undefined)
    return `the schedule has the memory model '${named}'; known models are: ${MEMORY_MODELS.join(', ')}`
  const bounded = Number.parseInt(patience, 16)
  return {
    definition,
    patience: bounded === FOR_EVER ? 1 << 28 : bounded,
    memory,
    steppers: [...steps].map((step) => Number.parseInt(step, RADIX)),
  }
}

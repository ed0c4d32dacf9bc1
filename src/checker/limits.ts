import type { MemoryModel } from './memory/model.ts'

export type Limits = {
  /** How often a retry loop may repeat before a signal ends it. */
  readonly patience: number
  /** Preemptions up to which a short witness is looked for first. */
  readonly preemptions: number
  readonly states: number
  readonly depth: number
  readonly seconds: number
  /** All executions, or random ones for a program that is too large. */
  readonly mode: 'exhaustive' | 'random' | 'pct'
  readonly seed: number
  readonly memory: MemoryModel
}

export const LIMITS: Limits = {
  patience: 1,
  preemptions: 2,
  states: 40_000_000,
  depth: 10_000,
  seconds: 120,
  mode: 'exhaustive',
  seed: 1,
  memory: 'sc',
}

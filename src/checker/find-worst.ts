import { COUNTER } from '../protocols/counters.ts'
import type { Check } from './check.ts'
import { definitionOf } from './definition.ts'
import { reductionOf } from './exploring.ts'
import type { Limits } from './limits.ts'
import { Machine } from './machine.ts'
import type { MemoryModel } from './memory/model.ts'
import { scheduleText } from './schedule.ts'
import { play } from './witness.ts'
import { witnessText } from './witness-text.ts'
import { type Worst, WorstSearch } from './worst.ts'

/** The costs that a worst schedule maximises: retried faults, VM-wide flushes, drops of mmu_lock. */
const COSTS = {
  retries: [
    COUNTER.retry_precheck_before_pfn,
    COUNTER.retry_precheck_after_pfn,
    COUNTER.retry_stale_locked,
    COUNTER.retry_frozen,
    COUNTER.retry_cas_link,
    COUNTER.retry_cas_leaf,
    COUNTER.retry_invalid_slot,
  ],
  flushes: [COUNTER.remote_tlb_flush_requests],
  yields: [COUNTER.yield_needbreak, COUNTER.yield_need_resched],
} as const satisfies Readonly<Record<string, readonly number[]>>

export type Cost = keyof typeof COSTS

export type WorstReport = Omit<Worst, 'schedule'> & {
  readonly check: string
  readonly variant: string
  readonly configuration: string
  readonly of: Cost
  readonly patience: number
  readonly memory: MemoryModel
  readonly ms: number
  readonly replay: string
  readonly witness: string
}

/** Looks for the schedule of a configuration that costs most. */
export function findWorst(check: Check, variant: string, configuration: string, of: Cost, limits: Limits): WorstReport {
  const began = performance.now()
  const { patience, states, depth, seconds, memory } = limits
  const program = check.program(variant, configuration)
  const machine = new Machine(program, { patience, memory, counted: COSTS[of] })
  const isOver = () => performance.now() - began > seconds * 1000
  const { schedule, ...worst } = new WorstSearch(machine, reductionOf(machine), { states, depth, isOver }).run()
  const definition = definitionOf(check, variant, configuration)
  return {
    ...worst,
    check: check.name,
    variant,
    configuration,
    of,
    patience,
    memory,
    ms: performance.now() - began,
    replay: scheduleText({ definition, patience, memory, steppers: schedule }),
    witness: witnessText(program, play(new Machine(program, { patience, memory }), schedule)),
  }
}

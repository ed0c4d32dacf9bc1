import type { PatchCode } from '../patches/code.ts'
import { isStepOf } from '../patches/steps-of.ts'
import type { VersionName } from '../protocols/kernel.ts'
import { type Check, type CheckedVariant, configurationsOf } from './check.ts'
import { definitionOf } from './definition.ts'
import { exploreTogether } from './explore.ts'
import type { Explored } from './explored.ts'
import type { Limits } from './limits.ts'
import { Machine } from './machine.ts'
import { MEMORY_MODELS, type MemoryModel } from './memory/model.ts'
import { help } from './pair/help.ts'
import type { Link } from './pair/side.ts'
import { scheduleText } from './schedule.ts'
import type { Counts } from './search.ts'
import { play } from './witness.ts'
import { witnessText } from './witness-text.ts'

/** One exploration: as data that can be sent to a worker. */
export type Job = {
  readonly check: string
  readonly variant: string
  /** The kernel that the variant is put on, if that is another than its own. */
  readonly kernel?: VersionName
  /** The code of a variant that is a file of the user's. */
  readonly patch?: PatchCode
  readonly configuration: string
  /** The expected verdict. */
  readonly expects: 'PASS' | 'FAIL'
  readonly finds: readonly string[]
  readonly limits: Limits
}

export type Report = Job & {
  readonly explored: Omit<Explored, 'visited' | 'sampled' | 'because'> & {
    /** Why it is not known; `interrupted` and `budget`: it was cut off, or not begun. */
    readonly because: Explored['because'] | CutOff
  }
  /** The steps of a patch that were taken in any execution. */
  readonly taken?: readonly string[]
  /** As text: how to replay it, and what happens in it. */
  readonly replay: string | null
  readonly witness: string | null
  /** False if the same schedule gave another result when it was run again. */
  readonly isRepeatable: boolean
  readonly isAsExpected: boolean
}

/** What can end a whole command before all of its explorations have ended. */
export type CutOff = 'interrupted' | 'budget'

/** Limits that are the same for all, unless the user says how often a loop may retry: that is for each check to say. */
export type AskedLimits = Omit<Limits, 'patience'> & { readonly patience?: number }

/** The explorations of a check: good variants in every configuration, broken ones where the fault shows. */
export function jobsOf(check: Check, limits: AskedLimits, only: { variant?: string; configuration?: string }): Job[] {
  const variants = check.variants.filter(({ name }) => only.variant === undefined || name === only.variant)
  return variants.flatMap((variant) => {
    const faulty = variant.kind === 'good' ? [] : whereOf(check, variant.in)
    const holding =
      variant.kind === 'good' || variant.holdsElsewhere
        ? goodIn(check, only.configuration, limits.memory, variant.name)
        : []
    const where = [...faulty, ...holding.filter((name) => !faulty.includes(name))]
    const isAsked = (configuration: string) => only.configuration === undefined || only.configuration === configuration
    return where.filter(isAsked).map((configuration) => ({
      check: check.name,
      variant: variant.name,
      ...(check.kernel === undefined ? {} : { kernel: check.kernel }),
      ...(check.patch?.name === variant.name ? { patch: check.patch } : {}),
      configuration,
      ...(faulty.includes(configuration) && isBroken(variant, limits.memory)
        ? { expects: 'FAIL' as const, finds: variant.finds }
        : { expects: 'PASS' as const, finds: [] }),
      limits: { ...limits, patience: limits.patience ?? patienceOf(check, configuration) },
    }))
  })
}

const goodIn = (check: Check, asked: string | undefined, memory: MemoryModel, variant: string) =>
  configurationsOf(check, asked, memory, variant).map(({ name }) => name)

export const patienceOf = (check: Check, configuration: string): number =>
  check.configurations.find(({ name }) => name === configuration)?.patience ?? check.patience

const isBroken = (
  variant: CheckedVariant,
  memory: MemoryModel,
): variant is Extract<CheckedVariant, { readonly kind: 'broken' }> =>
  variant.kind === 'broken' && (variant.memory ?? MEMORY_MODELS).includes(memory)

const whereOf = (check: Check, named: string | readonly string[] | undefined): readonly string[] =>
  [named ?? check.configurations[0]!.name].flat()

/** Helps another thread, at the other end of the link, with a job. */
export function helpWith(check: Check, job: Job, link: Link): void {
  help(check.program(job.variant, job.configuration), job.limits, link)
}

/** `link`: the connection over which another thread may help. */
export function runJob(check: Check, job: Job, onProgress?: (counts: Counts) => void, link?: Link): Report {
  const program = check.program(job.variant, job.configuration)
  const { visited, ...explored } = exploreTogether(program, job.limits, link, onProgress)
  const { patch } = job
  const taken = patch === undefined ? {} : { taken: visited.filter((site) => isStepOf(patch, site)) }
  const { schedule, patience, findings } = explored
  if (schedule === null) {
    return {
      ...job,
      ...taken,
      explored,
      replay: null,
      witness: null,
      isRepeatable: true,
      isAsExpected: isAsExpected(job, explored),
    }
  }
  // Twice, by machines that share nothing with the one that found it.
  const { memory } = job.limits
  const again = [0, 1].map(() => play(new Machine(program, { patience, memory }), schedule))
  const [first, second] = again.map((played) => JSON.stringify(played))
  const definition = definitionOf(check, job.variant, job.configuration)
  return {
    ...job,
    ...taken,
    explored,
    replay: scheduleText({ definition, patience, memory, steppers: schedule }),
    witness: witnessText(program, again[0]!),
    isRepeatable: first === second && again[0]!.refused === 0,
    isAsExpected: isAsExpected(job, explored) && findings.length > 0,
  }
}

function isAsExpected(job: Job, { verdict, findings }: Report['explored']): boolean {
  if (verdict !== job.expects) return false
  return job.finds.length === 0 || findings.some(({ name }) => job.finds.includes(name))
}

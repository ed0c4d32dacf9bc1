import type { Placement } from '../model/topology.ts'
import type { PatchCode, SentSystem } from '../patches/code.ts'
import type { Brought } from '../protocols/brought.ts'
import { type VariantName, type VariantNameOf, variantsOf } from '../protocols/catalogue.ts'
import type { Subject, ThreadsFinding, VersionName } from '../protocols/kernel.ts'
import type { MemslotConfig } from '../protocols/memslots/memslot.ts'
import type { OracleName } from '../protocols/oracles.ts'
import type { AccessPlan } from '../workers/accesses.ts'
import type { InvalidationPlan } from '../workers/invalidations.ts'
import type { MemslotUpdatePlan } from '../workers/memslot-updater.ts'
import type { RoleName, RolePlan } from '../workers/roles.ts'
import type { SystemSpec } from '../workers/system.ts'
import type { RecordedZapPlan } from '../workers/zapper.ts'
import type { MetricName } from './metrics.ts'
import type { Parameters, Values } from './parameters.ts'
import type { RunPatch } from './result.ts'

/** Instruments of a run, each with a cost. */
export type Instruments = {
  readonly oracles: boolean
  /** Latencies of sampled faults, and of invalidations. */
  readonly recorder: boolean
  readonly lockStatistics: boolean
  /** The order in which locks are taken. */
  readonly lockdep: boolean
}

/** A patch as a run needs and reports it. */
type PatchRun = Pick<Brought, 'counters' | 'oracles'> & {
  readonly code: PatchCode
  /** The kernel that it changes, and how, as a unified diff. */
  readonly base: string
  readonly diff: string
}

/** One way of writing the protocol that a scenario compares. */
export type Variant<N extends string = string> = {
  readonly name: N
  /** Its id in the literature of the field: the version or patch it is. */
  readonly reference: string
  readonly says: string
  /** The protocol it runs, if that is not named like the variant. */
  readonly protocol?: VariantName | VersionName
  /** The kernel that its protocol is put on, if that is another than its own. */
  readonly kernel?: VersionName
  /** A patch of the user's, which is its protocol then. */
  readonly patch?: PatchRun
  /** Instruments in every trial, if the variant is about them. */
  readonly instruments?: Instruments
  /** Roles of the scenario's load that are idle under this variant, to show their effect on the others. */
  readonly without?: readonly RoleName[]
} & (
  | {
      readonly kind: 'good'
      /** Oracles that it violates as it was posted, for which it was turned down: to be seen, not to fail the run. */
      readonly objections?: readonly OracleName[]
    }
  | {
      readonly kind: 'broken'
      /** The oracle that catches it on threads; none: why threads cannot show it. */
      readonly caughtBy: readonly ThreadsFinding[]
      readonly unseenBecause?: string
      /** Load under which the fault is found soonest. */
      readonly load: Readonly<Record<string, string>>
    }
)

/** The functions that a variant runs. */
export const protocolOf = ({ patch, protocol, name, kernel }: Variant): Pick<SentSystem, 'variant' | 'kernel'> => ({
  variant: patch?.code ?? protocol ?? (name as VariantName),
  ...(kernel === undefined ? {} : { kernel }),
})

/** The patch that ran, as its result states it. */
export const patchOf = ({ patch }: Variant): { readonly patch?: RunPatch } =>
  patch === undefined
    ? {}
    : { patch: { file: patch.code.file, hash: patch.code.hash, base: patch.base, diff: patch.diff } }

/** The variants of a subject that trials can run, as they are declared beside their protocol. */
export const scenarioVariants = <S extends Subject>(subject: S): readonly Variant<VariantNameOf<S>>[] =>
  variantsOf(subject).map((one): Variant<VariantNameOf<S>> => {
    const { reference, says } = one
    const name = one.name as VariantNameOf<S>
    return one.kind === 'good'
      ? { kind: 'good', name, reference, says, ...(one.objections === undefined ? {} : { objections: one.objections }) }
      : {
          kind: 'broken',
          name,
          reference,
          says,
          caughtBy: one.caughtBy,
          load: one.load ?? {},
          ...(one.unseenBecause === undefined ? {} : { unseenBecause: one.unseenBecause }),
        }
  })

/** The number of workers of each role. */
export type Crew = { readonly vcpus: number; readonly notifiers: number; readonly zappers: number }

/** How accesses arrive: as fast as they are served, or `ratePerSecond` a vCPU whether they are served or not. */
export type Arrival = { readonly kind: 'closed' } | { readonly kind: 'open'; readonly ratePerSecond: number }

/** A recording that replaces the load: what each vCPU and each notifier did, and when. */
export type Recording = {
  readonly spanNs: number
  readonly accesses: readonly Extract<AccessPlan, { kind: 'recorded' }>[]
  readonly invalidations: readonly Extract<InvalidationPlan, { kind: 'recorded' }>[]
  readonly memslots: SystemSpec['memslots']
  /** Memslot updates, and the slot that they are of; for scenarios whose VM has any. */
  readonly updates: readonly MemslotUpdatePlan[]
  readonly spareMemslot: MemslotConfig
  /** The same updates as zaps of everything, for scenarios whose VM has none. */
  readonly zaps: readonly RecordedZapPlan[]
}

export type LoadOptions<P extends Parameters> = {
  readonly values: Values<P>
  readonly crew: Crew
  readonly arrival: Arrival
  readonly seed: number
  /** One fault in this many is timed; 0: no clock is read. */
  readonly sampleEvery: number
  /** The variant's name, if the load depends on it. */
  readonly variant?: string
}

/** The work of a trial: the VM, apart from the variant, and a role for each CPU. */
export type Load = {
  readonly system: Omit<SystemSpec, 'variant' | 'cpus' | 'oracles' | 'lockStatistics'>
  readonly roles: readonly RolePlan[]
  /** The placement of the CPUs of a modelled machine, if the original benchmark fixes it. */
  readonly placement?: Placement
}

/** A figure that decides a question. */
export type Decision = {
  readonly metric: MetricName
  /** The text that follows its value in a sentence. */
  readonly reads: string
  /** Its meaning for the user of the host or of the guest. */
  readonly means: string
  /** Relative: a difference within this is none for the question; 0.05 if it is not said. */
  readonly smallestEffect?: number
  /** `worse` where the question asks whether something gets worse, so that Yes says that it does. */
  readonly claims?: 'worse'
  /** Whether a load with these parameters can have this figure; by default every load can. */
  readonly appliesTo?: (params: Readonly<Record<string, string | number>>) => boolean
}

/** A question, with everything about it that can be listed without a run. */
type Question<P extends Parameters, N extends string = string> = {
  readonly name: string
  /** Required: a scenario without a question is not kept. */
  readonly asks: string
  /** The mail that it comes from. */
  readonly mail: string | null
  readonly variants: readonly Variant<N>[]
  /** The variant that a kernel of today runs, which a recording is held against; the last of the headline if it is not said. */
  readonly recorded?: NoInfer<N>
  /** The two variants that answer the question: the existing one, and the proposal. */
  readonly headline: readonly [baseline: NoInfer<N>, candidate: NoInfer<N>]
  /** The deciding figures. The first carries the claim; an answer needs all of them. */
  readonly decides: readonly Decision[]
  /** Why no modelled machine can answer it; not said where one can. */
  readonly notModelled?: string
  /** The cost without which a modelled machine cannot answer it, as its profile names it, and what lacking it means. */
  readonly needsCost?: { readonly parameter: string; readonly without: string }
  /** Whether workers may be kept for several trials under these values: the load is endless, and its rate does not depend on how long it has run. */
  readonly keepsWorkers?: (values: Values<P>, crew: Crew) => boolean
  /** False if its operations are too short, or its subject too near, to be timed one by one. */
  readonly hasLatencyTrials: boolean
  readonly parameters: P
  /** Unsupported options: a recording, accesses that arrive at a rate. */
  readonly refuses?: readonly ('trace' | 'arrival')[]
  /** Why a VM cannot have these values together, and what to do, if it cannot. */
  readonly conflict?: (values: Values<P>) => { readonly says: string; readonly hint: string } | undefined
  /** Caveats about figures under these values, measured or modelled; they are among the warnings. */
  readonly caveats?: (values: Values<P>, kind: 'measured' | 'modelled') => readonly string[]
  /** The number of workers of each role, where it differs from the common default. */
  readonly crew?: Partial<Crew>
  /** Defaults that depend on one parameter, by its name and value. */
  readonly presets?: { readonly by: keyof P & string; readonly of: Readonly<Record<string, Partial<Values<P>>>> }
}

/** The scenario's defaults in virtual time, where simulating an operation costs the host hundreds of times its modelled duration. */
type ModelDefaults<P extends Parameters> = {
  readonly values: Partial<Values<P>>
  /** Costs in ns of a unit of work, where the protocol's default would make the model simulate irrelevant work. */
  readonly costs?: Readonly<Record<string, number>>
  readonly durationMs: number
  readonly warmupMs: number
}

/** A VM and its roles. */
export type VmScenario<P extends Parameters = Parameters, N extends string = string> = Question<P, N> & {
  readonly kind: 'vm'
  readonly modelled?: ModelDefaults<P>
  readonly load: (options: LoadOptions<P>) => Load
}

/** Single locks, each variant one operation of one of them; `vcpus` workers contend for it. */
export type PrimitiveScenario = Question<Parameters> & { readonly kind: 'primitives' }

export type Scenario = VmScenario | PrimitiveScenario

/** Returns its argument, so that the compiler checks names against each other; its type forgets them, so that scenarios fit in a list. */
export const scenario = <const P extends Parameters, const N extends string>(
  declared: Omit<VmScenario<P, N>, 'kind'>,
): VmScenario => ({ ...declared, kind: 'vm' }) as unknown as VmScenario

import type { SentSystem } from '../patches/code.ts'
import type { RecordedPace } from '../workers/pace.ts'
import type { Defined } from './definition/definition.ts'
import { type Group, machineOf, type PlanOptions } from './plan.ts'
import type { Run } from './result.ts'
import { type Instruments, type Load, protocolOf, type Variant } from './scenario.ts'

/** ns of a unit by name, where they are not the default: the user knows best, then the recording. */
export const costsOf = (group: Group, { costs }: PlanOptions): Readonly<Record<string, number>> => ({
  ...group.modelled?.costs,
  ...group.replay?.costs,
  ...costs,
  ...group.costs,
})

/** How the accesses of a load arrive, and how many of them are timed. */
type Timing = Pick<PlanOptions, 'arrival' | 'sampleEvery'>

/** The load of a group: the scenario's, or the recording that replaces it. */
function loadOf(group: Group, { arrival, sampleEvery }: Timing, seed: number, variant?: Variant): Load {
  const { scenario, crew, values, replay, modelled } = group
  if (scenario.kind !== 'vm') throw new Error(`${scenario.name} has no VM`)
  const named = variant === undefined ? {} : { variant: variant.name }
  const load = scenario.load({ values, crew, arrival, seed, sampleEvery, ...named })
  if (replay === null) return { ...load, roles: load.roles.filter(({ role }) => !variant?.without?.includes(role)) }
  const { recording } = replay
  const { updates } = load.system
  const isTimed = sampleEvery > 0
  const hasCore = modelled !== undefined
  const onCore = <P extends { readonly pace?: RecordedPace }>(plan: P): P =>
    plan.pace === undefined ? plan : { ...plan, pace: { ...plan.pace, hasCore } }
  return {
    system: {
      ...load.system,
      vcpus: recording.accesses.length,
      memslots: recording.memslots,
      isReplay: true,
      ...(updates === undefined ? {} : { updates: { ...updates, spare: [recording.spareMemslot] } }),
    },
    roles: [
      ...recording.accesses.map((accesses) => ({ role: 'vcpu', accesses: onCore(accesses), sampleEvery }) as const),
      ...recording.invalidations.map((invalidations) => {
        return { role: 'notifier', invalidations: onCore(invalidations), isTimed } as const
      }),
      ...(updates === undefined ? [] : recording.updates).map((plan) => {
        return { role: 'memslot-updater', updates: plan, isTimed } as const
      }),
      ...(updates === undefined && load.system.stage2 === undefined ? recording.zaps : []).map((zap) => {
        return { role: 'zapper', zap: onCore(zap) } as const
      }),
    ],
  }
}

/** Notes on a group's figures that are known before it runs. */
export function notesOf(group: Group): readonly string[] {
  const { scenario, values, replay } = group
  if (replay === null) return scenario.caveats?.(values, group.modelled === undefined ? 'measured' : 'modelled') ?? []
  return [...replay.says, ...(hasUpdates(group) ? replay.updatesSay : replay.zapsSay)]
}

/** The properties that every load of a group has, independent of its seed. */
const outlineOf = (group: Group): Load => loadOf(group, { arrival: { kind: 'closed' }, sampleEvery: 0 }, 0)

/** Whether the memslots of its VM change. */
const hasUpdates = (group: Group): boolean => outlineOf(group).system.updates !== undefined

/** The number of threads, or modelled CPUs, of a group. */
export const workersOf = (group: Group): number =>
  group.scenario.kind === 'primitives' ? group.crew.vcpus : outlineOf(group).roles.length

/** The work of one trial. */
export type Task = Pick<Load, 'roles' | 'placement'> & {
  readonly system: SentSystem
  /** The load is a recording of this length; 0: it is endless. */
  readonly recordingMs: number
}

/** A trial of a variant, watched by these instruments. */
export function taskOf(group: Group, variant: Variant, timing: Timing, seed: number, watch: Instruments): Task {
  const { oracles, recorder, lockStatistics, lockdep } = watch
  const sampleEvery = recorder ? timing.sampleEvery : 0
  const { system, roles, placement } = loadOf(group, { ...timing, sampleEvery }, seed, variant)
  return {
    system: { ...system, ...protocolOf(variant), cpus: roles.length, oracles, lockStatistics, lockdep },
    roles,
    ...(placement === undefined ? {} : { placement }),
    recordingMs: (group.replay?.recording.spanNs ?? 0) / 1e6,
  }
}

export function paramsOf(group: Group, plan: PlanOptions): Run['params'] {
  const { scenario, crew, values, replay } = group
  if (scenario.kind === 'primitives') return { workers: crew.vcpus, ...windowOf(group, plan), ...wordsOf(group) }
  const load =
    replay === null
      ? { ...crew, ...values }
      : {
          vcpus: replay.recording.accesses.length,
          notifiers: replay.recording.invalidations.length,
          zappers: 0,
          trace: replay.file,
          speed: replay.speed,
          mmu: values.mmu!,
          preempt: values.preempt!,
        }
  return {
    ...load,
    ...windowOf(group, plan),
    arrival: plan.arrival.kind,
    ...(plan.arrival.kind === 'open' ? { rate: plan.arrival.ratePerSecond } : {}),
    oracles: plan.oracles ? 'on' : 'off',
    ...kernelOf(group),
    ...Object.fromEntries(Object.entries(costsOf(group, plan)).map(([name, ns]) => [`cost.${name}`, ns])),
    ...wordsOf(group),
  }
}

/** Identifies the runs of a group among all others. */
export const runsAskedOf = (
  group: Group,
  plan: PlanOptions,
): Pick<Run, 'scenario' | 'variant' | 'machine' | 'params'>[] =>
  group.variants.map(({ name }) => {
    return { scenario: group.scenario.name, variant: name, machine: machineOf(group), params: paramsOf(group, plan) }
  })

/** The kernel that all variants of a group run on, if the user named one. */
const kernelOf = ({ variants: [first] }: Group): { readonly kernel?: string } =>
  first?.kernel === undefined ? {} : { kernel: first.kernel }

/** `atomics` is the default and is not recorded. */
const wordsOf = ({ words }: Group) => (words === undefined ? {} : { words })

/** ms. */
const windowOf = ({ modelled }: Group, plan: PlanOptions) => ({
  duration: modelled?.durationMs ?? plan.durationMs,
  warmup: modelled?.warmupMs ?? plan.warmupMs,
})

/** The definition of a run of a group. */
export const definedBy = (group: Group, variant: Variant): Defined => ({
  scenario: group.scenario.name,
  variant: variant.name,
  params: kernelOf(group),
  patch: variant.patch === undefined ? undefined : { hash: variant.patch.code.hash, base: variant.patch.base },
})

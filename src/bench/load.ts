import type { RecordedPace } from '../workers/pace.ts'
import type { Defined } from './definition/definition.ts'
import type { Group, PlanOptions } from './plan.ts'
import type { Run } from './result.ts'
import type { Instruments, Load, Variant, VmScenario } from './scenario.ts'

/** ns of a unit by name, where they are not the default: the user knows best, then the recording. */
export const costsOf = (group: Group, { costs }: PlanOptions): Readonly<Record<string, number>> => ({
  ...group.modelled?.costs,
  ...group.replay?.costs,
  ...costs,
  ...group.costs,
})

/** What a trial is to run: the scenario's load, or the recording that replaces it. */
export function loadOf(
  { crew, values, replay, modelled }: Group,
  scenario: VmScenario,
  plan: PlanOptions,
  seed: number,
  { recorder }: Instruments,
  variant?: Variant,
): Load {
  const sampleEvery = recorder ? plan.sampleEvery : 0
  const load = scenario.load({
    values,
    crew,
    arrival: plan.arrival,
    seed,
    sampleEvery,
    ...(variant === undefined ? {} : { variant: variant.name }),
  })
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

/** What is known beforehand of a group's figures. */
export function notesOf(group: Group): readonly string[] {
  const { scenario, values, replay } = group
  if (replay === null) return scenario.caveats?.(values, group.modelled === undefined ? 'measured' : 'modelled') ?? []
  return [...replay.says, ...(hasUpdates(group) ? replay.updatesSay : replay.zapsSay)]
}

/** Whether the VM of a scenario is one whose memslots change. */
function hasUpdates({ scenario, crew, values }: Group): boolean {
  if (scenario.kind === 'primitives') return false
  const load = scenario.load({ values, crew, arrival: { kind: 'closed' }, seed: 0, sampleEvery: 0 })
  return load.system.updates !== undefined
}

export function workersOf(group: Group, plan: PlanOptions): number {
  if (group.scenario.kind === 'primitives') return group.crew.vcpus
  const unwatched = { oracles: false, recorder: false, lockStatistics: false, lockdep: false }
  return loadOf(group, group.scenario, plan, plan.seed, unwatched).roles.length
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

/** The kernel that all variants of a group are put on, if one was asked for. */
const kernelOf = ({ variants: [first] }: Group): { readonly kernel?: string } =>
  first?.kernel === undefined ? {} : { kernel: first.kernel }

/** Where it is not said it is `atomics`. */
const wordsOf = ({ words }: Group) => (words === undefined ? {} : { words })

/** ms. */
const windowOf = ({ modelled }: Group, plan: PlanOptions) => ({
  duration: modelled?.durationMs ?? plan.durationMs,
  warmup: modelled?.warmupMs ?? plan.warmupMs,
})

/** What a run of a group is a run of. */
export const definedBy = (group: Group, variant: Variant): Defined => ({
  scenario: group.scenario.name,
  variant: variant.name,
  params: kernelOf(group),
  patch: variant.patch === undefined ? undefined : { hash: variant.patch.code.hash, base: variant.patch.base },
})

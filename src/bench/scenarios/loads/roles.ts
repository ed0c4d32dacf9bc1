import type { AccessPlan } from '../../../workers/accesses.ts'
import type { InvalidationPlan } from '../../../workers/invalidations.ts'
import type { RolePlan } from '../../../workers/roles.ts'
import type { Parameters } from '../../parameters.ts'
import type { LoadOptions } from '../../scenario.ts'
import { BASE_GFN } from './guest.ts'

type Options = Omit<LoadOptions<Parameters>, 'values'>
type Touches = Extract<AccessPlan, { kind: 'touch' }>
type Repeated = Extract<InvalidationPlan, { kind: 'repeat' }>

/** `count` roles of a kind, each with its index. */
export const each = (count: number, role: (index: number) => RolePlan): readonly RolePlan[] =>
  Array.from({ length: count }, (_, index) => role(index))

/** When the accesses of a vCPU are due. Arrivals of different vCPUs are spread over the interval. */
export function arrivalsOf({ arrival, crew }: Options, vcpu: number) {
  const everyNs = arrival.kind === 'open' ? 1e9 / arrival.ratePerSecond : 0
  return { everyNs, startNs: (everyNs * vcpu) / crew.vcpus }
}

/** A vCPU that touches `pages` of the guest's memory at random; `where` can give some vCPUs a private share. */
export const touchingVcpu = (
  options: Options,
  vcpu: number,
  where: Pick<Touches, 'pages'> & Partial<Touches>,
): RolePlan => ({
  role: 'vcpu',
  accesses: {
    kind: 'touch',
    hotGfns: [BASE_GFN],
    hotPerMille: 0,
    firstGfn: BASE_GFN,
    seed: options.seed + vcpu,
    ...arrivalsOf(options, vcpu),
    ...where,
  },
  sampleEvery: options.sampleEvery,
})

/** A notifier that invalidates one range again and again. */
export const repeatingNotifier = (
  { sampleEvery }: Options,
  plan: Pick<Repeated, 'startHva' | 'pages' | 'pauseNs'> & Partial<Repeated>,
): RolePlan => ({
  role: 'notifier',
  isTimed: sampleEvery > 0,
  invalidations: { kind: 'repeat', everyNs: 0, startNs: 0, populate: false, ...plan },
})

/** A thread that adds a memslot and removes it. */
export const updaterOf = ({ sampleEvery }: Options, slot: number, pauseUs: number): RolePlan => ({
  role: 'memslot-updater',
  updates: { kind: 'toggle', ids: [slot], pauseNs: pauseUs * 1000 },
  isTimed: sampleEvery > 0,
})

/** A task of the host that moves the APIC-access page. */
export const migratorOf = (
  { sampleEvery }: Options,
  move: { readonly hva: number; readonly pauseUs: number; readonly windowUs: number },
): RolePlan => ({
  role: 'apic-migrator',
  migration: { hva: move.hva, pauseNs: move.pauseUs * 1000, windowUnits: move.windowUs },
  isTimed: sampleEvery > 0,
})

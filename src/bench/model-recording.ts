import { loadProfile, withValues } from '../model/profile.ts'
import { type ModelResult, runModel } from '../model/run.ts'
import { SET_SPTE, UNMAP_HVA, ZAP_PAGE } from '../protocols/tracepoints.ts'
import type { AccessPlan } from '../workers/accesses.ts'
import type { InvalidationPlan, PickedRange } from '../workers/invalidations.ts'
import type { RolePlan } from '../workers/roles.ts'
import { TRACED, WAIT_BEGAN, WAIT_ENDED } from '../workers/timeline.ts'
import { type Prediction, predictionOf } from './prediction.ts'

/** The load of the guest and its host in a recording that the model writes. */
export type RecordingShape = {
  readonly vcpus: number
  /** Pages that each vCPU touches at random. */
  readonly pages: number
  /** A second: of single pages, of blocks of 2 MiB, of everything, and of memory that is no guest's; memslots that are deleted. */
  readonly single?: number
  readonly blocks?: number
  readonly whole?: number
  readonly unrelated?: number
  readonly updates?: number
  readonly ms: number
}

/**
 * Shapes of load whose waits differ in kind: a few pages fought for, many vCPUs, all at once, and everything zapped at times. Periods
 * are no whole microseconds: ftrace's clock would cut off as much of each time, which no host does.
 */
export const SHAPES: Readonly<Record<string, RecordingShape>> = {
  'hot set': { vcpus: 2, pages: 64, single: 99_371, ms: 30 },
  'page merging': { vcpus: 4, pages: 1024, single: 29_989, ms: 30 },
  mixture: { vcpus: 2, pages: 2048, single: 4993, blocks: 401, whole: 51, unrelated: 1997, ms: 40 },
  'memslot updates': { vcpus: 2, pages: 1024, single: 1997, updates: 301, ms: 40 },
}

const BASE_GFN = 4096
const BASE_HVA = 0x10_0000
const BLOCK = 512
const SLOT_PAGES = 4096
/** The page at which the recorded VMM's memory begins: hvas of the model have 31 bits, those of a process 47. */
const VMM_PAGES = 0x7_f100_0000
const EVENTS = 200_000

/** A machine of which everything is known; its costs are none of the defaults, so that they can only come from its recording. */
const MACHINE = {
  'cost.map_spte_ns': 1100,
  'cost.faultin_pfn_ns': 1700,
  'cost.faultin_fresh_ns': 1700,
  'cost.ipi_delivery_ns': 4000,
  'cost.zap_spte_ns': 60,
  'cost.guest_access_ns': 400,
}

export type ModelRecording = {
  /** As ftrace prints it. */
  readonly text: string
  /** As --memslots takes it. */
  readonly memslots: string
  /** The true counts of the machine that wrote the recording. */
  readonly truth: Prediction
}

/** Runs a shape of load on the model, and writes what ftrace would have recorded of it. */
export async function modelRecording(shape: RecordingShape, seed: number, digits: 6 | 9 = 6): Promise<ModelRecording> {
  const roles = rolesOf(shape, seed)
  const ran = await runModel({
    machine: withValues(loadProfile('recorded-host'), MACHINE, 'of a machine that is known'),
    system: {
      variant: 'precheck',
      cpus: roles.length,
      vcpus: shape.vcpus,
      memslots: [{ slot: 0, baseGfn: BASE_GFN, hva: BASE_HVA, pages: SLOT_PAGES }],
      mmu: 'shadow',
      preempt: 'none',
      tlbEntries: 8192,
      hugePerMille: 0,
      oracles: false,
      lockStatistics: true,
      isReplay: true,
    },
    roles,
    warmupMs: 0,
    durationMs: shape.ms,
    recordingMs: shape.ms,
    timelineEvents: EVENTS,
    isTraced: true,
    seed,
  })
  const slot = { slot: 0, baseGfn: BASE_GFN, hva: `0x${address(BASE_HVA)}`, pages: SLOT_PAGES }
  return {
    text: ftraceOf(ran, roles, digits),
    memslots: JSON.stringify({ memslots: [slot] }),
    truth: predictionOf(ran, roles),
  }
}

function rolesOf(shape: RecordingShape, seed: number): readonly RolePlan[] {
  const { vcpus, pages, single = 0, blocks = 0, whole = 0, unrelated = 0, updates = 0, ms } = shape
  const accesses = (vcpu: number): AccessPlan => ({
    kind: 'touch',
    hotGfns: [],
    hotPerMille: 0,
    firstGfn: BASE_GFN,
    pages,
    seed: seed * 16 + vcpu,
    everyNs: 0,
    startNs: 0,
  })
  const ranges = (count: number, each: number) =>
    Array.from({ length: count }, (_, index) => {
      return { startHva: BASE_HVA + index * each, pages: each, perMille: Math.floor(1000 / count) }
    })
  const notifier = (picked: ReturnType<typeof ranges>, perSecond: number): RolePlan[] =>
    perSecond === 0 ? [] : [{ role: 'notifier', isTimed: true, invalidations: pickPlan(picked, perSecond, seed) }]
  return [
    ...Array.from({ length: vcpus }, (_, vcpu): RolePlan => {
      return { role: 'vcpu', accesses: accesses(vcpu), sampleEvery: 8 }
    }),
    ...notifier(ranges(Math.min(pages, 500), 1), single),
    ...notifier(ranges(Math.max(1, pages / BLOCK), Math.min(pages, BLOCK)), blocks),
    ...notifier(ranges(1, pages), whole),
    ...notifier([{ startHva: BASE_HVA + 2 * SLOT_PAGES, pages: 8, perMille: 1000 }], unrelated),
    ...(updates === 0 ? [] : [{ role: 'zapper', zap: zapsOf(updates, ms) } as const]),
  ]
}

const pickPlan = (ranges: readonly PickedRange[], perSecond: number, seed: number): InvalidationPlan => ({
  kind: 'pick',
  ranges,
  seed: seed + Math.round(perSecond),
  pauseNs: 0,
  everyNs: 1e9 / perSecond,
  startNs: 0,
  dwellNs: 0,
  isNested: false,
  overlaps: false,
  nonblockPerMille: 0,
})

function zapsOf(perSecond: number, ms: number): (RolePlan & { role: 'zapper' })['zap'] {
  const length = Math.floor((perSecond * ms) / 1000)
  const pausesNs = new Float64Array(length).fill(1e9 / perSecond)
  const nothing = new Int32Array(0)
  return {
    kind: 'recorded',
    atNs: pausesNs.map((pause, index) => pause * (index + 1)),
    holdsNs: new Float64Array(length),
    pace: {
      pausesNs,
      lagsNs: new Float64Array(length).fill(-1),
      starts: new Int32Array(length + 1),
      cpus: nothing,
      counts: nothing,
      away: new Uint8Array(length),
      hasCore: true,
    },
  }
}

const address = (page: number) => ((VMM_PAGES + page) * 4096).toString(16).padStart(16, '0')
const LOCK = '00000000c6250786'

type Line = { readonly ns: number; readonly text: string }

function ftraceOf({ timelines = [], place }: ModelResult, roles: readonly RolePlan[], digits: 6 | 9): string {
  const mmuLock = place.locks.findIndex(({ name }) => name === 'mmuLock')
  const lines = timelines.flatMap(({ events }, cpu): Line[] =>
    events.flatMap(({ ns, code, value, amount }): Line[] => {
      const text = textOf(code, value, amount, mmuLock, roles[cpu]!)
      return text === undefined ? [] : [{ ns, text: `${task(cpu)}  ${stamp(ns, digits)}: ${text}` }]
    }),
  )
  const ordered = lines.toSorted((a, b) => a.ns - b.ns).map(({ text }) => text)
  return ['# tracer: nop', '#', ...ordered, ''].join('\n')
}

const task = (cpu: number) => `${`model-${5000 + cpu}`.padStart(23)}   [${String(cpu).padStart(3, '0')}] .....`

/** Finer digits are truncated, as ftrace does. */
function stamp(ns: number, digits: 6 | 9): string {
  const nanos = 100e9 + Math.floor(ns)
  return `${Math.floor(nanos / 1e9)}.${String(nanos % 1e9)
    .padStart(9, '0')
    .slice(0, digits)}`
}

function textOf(code: number, value: number, amount: number, mmuLock: number, { role }: RolePlan): string | undefined {
  if (code === WAIT_BEGAN && value >> 1 === mmuLock) return `contention_begin: ${LOCK} (flags=SPIN|WRITE)`
  if (code === WAIT_ENDED && value >> 1 === mmuLock) return `contention_end: ${LOCK} (ret=0)`
  if (code === TRACED + UNMAP_HVA)
    return `kvm_unmap_hva_range: mmu notifier unmap range: 0x${address(value)} -- 0x${address(amount)}`
  if (code === TRACED + SET_SPTE && role === 'vcpu')
    return `kvm_mmu_set_spte: gfn ${value.toString(16)} spte ${(value * 4096 + 0xe67).toString(16)} (rwxu) level 1 at ${(0x1_8a00_0000 + value * 8).toString(16)}`
  if (code === TRACED + ZAP_PAGE)
    return `kvm_mmu_prepare_zap_page: sp gen ${value} gfn 10 l4 8-byte q0 wux nxe ad root 0 sync`
  return undefined
}

import type { MmuLock } from './contention.ts'
import type { Finding } from './findings.ts'
import type { Recording } from './recording.ts'
import type { TaskInRole } from './roles.ts'
import { count, counted, percent, time } from './words.ts'

/** The problem of a host in one sentence, and the command that shows whether a variant helps. */
export type Verdict = {
  readonly says: string
  /** Null where nothing can be replayed, or nothing stands out. */
  readonly command: string | null
  /** The share of the trace's lines that the sentence rests on. */
  readonly basis: string
}

type Known = {
  /** How the recording, and its VM, is passed to a command. */
  readonly file: string
  readonly mmuLock: MmuLock | null
  readonly faults: { readonly count: number; readonly addresses: 'gfn' | 'virtual' } | null
  /** Ranges outside of all memslots, if the memslots are known whole and not only where faults were. */
  readonly outside: number | null
  readonly invalidations: number
  /** Whether anything in the recording removes pages; whether none of its ranges is known to hit; whether it has times. */
  readonly takesPages: boolean
  readonly hitsNothing: boolean
  readonly hasTimes: boolean
  readonly mmu: 'tdp' | 'shadow' | null
}

/** From these shares of the faults, or of the vCPUs' time, waits are worth a look. */
const SHARE_OF_FAULTS = 0.02
const SHARE_OF_TIME = 0.005
const MANY = 0.5
/** A single hold is the problem of a host if a waiting vCPU misses a timer tick: at 1000 Hz one comes each millisecond. */
const TICK_NS = 1e6

export function verdictOf(
  recording: Recording,
  roles: readonly TaskInRole[],
  findings: readonly Finding[],
  known: Known,
): Verdict {
  return { ...sufferingOf(recording, roles, findings, known), basis: basisOf(recording) }
}

function sufferingOf(
  recording: Recording,
  roles: readonly TaskInRole[],
  findings: readonly Finding[],
  known: Known,
): Omit<Verdict, 'basis'> {
  const stuck = findings.find(({ kind }) => kind === 'no progress')
  const command = commandOf(roles, known)
  if (stuck !== undefined)
    return { says: `This guest is stuck: ${stuck.says.replace('no progress: ', '')}.`, command: null }
  const waits = waitsOf(recording, roles, known)
  const hold = longHoldOf(roles, known)
  if (waits !== undefined) return { says: hold === undefined ? waits : `${waits} ${hold}`, command }
  if (hold !== undefined) return { says: hold, command }
  if (known.outside !== null && known.invalidations > 0 && known.outside / known.invalidations > MANY) {
    return {
      says: `Most invalidations (${percent(known.outside / known.invalidations)}) are outside the guest's memory: they take mmu_lock for nothing.`,
      command,
    }
  }
  const storm = findings.find(({ kind }) => kind === 'retry storm')
  if (storm !== undefined)
    return {
      says: `Its vCPUs fault on one page again and again before it is mapped: ${storm.says.replace('retry storms: ', '')}.`,
      command,
    }
  return { says: whyNothing(recording, known), command: null }
}

/** Undefined if the waits for mmu_lock are few and short. */
function waitsOf({ clock }: Recording, roles: readonly TaskInRole[], { mmuLock, faults }: Known): string | undefined {
  const ofVcpus = mmuLock?.contention.filter(({ role }) => role === 'vcpu').map(({ waitsNs }) => waitsNs) ?? []
  const waits = ofVcpus.reduce((sum, waitsNs) => sum + waitsNs.count, 0)
  if (mmuLock === null || waits === 0) return undefined
  const totalNs = ofVcpus.reduce((sum, waitsNs) => sum + waitsNs.total, 0)
  const vcpus = roles.filter(({ role }) => role === 'vcpu').length
  const ofTime = clock.spanNs > 0 ? totalNs / clock.spanNs / vcpus : 0
  const inFaults = mmuLock.faultsThatWaited ?? waits
  const ofFaults = faults === null || faults.addresses === 'virtual' ? 0 : inFaults / faults.count
  if (ofFaults < SHARE_OF_FAULTS && ofTime < SHARE_OF_TIME) return undefined
  const { notifier, fault, zap, unknown } = mmuLock.waitedFor
  const most = [notifier, fault, zap, unknown].toSorted((a, b) => b.count - a.count)[0]!
  const cause =
    most === unknown || most.count === 0
      ? 'no event shows the reason'
      : `most likely for ${most === notifier ? 'invalidations' : most === zap ? 'zapped page tables' : "other vCPUs' faults"}`
  const share = ofFaults > 0 ? `at ${percent(ofFaults)} of the faults` : counted(waits, 'time')
  const howLong =
    clock.spanNs > 0 ? `${time(totalNs)} in all, which is ${percent(ofTime)} of their time` : 'for an unknown time'
  return `Its vCPUs wait for mmu_lock: ${share}, ${howLong}; ${cause}.`
}

/** The longest hold that shows: to the SPTE of the task that had it, or behind it, in the wait of a vCPU. */
function longHoldOf(roles: readonly TaskInRole[], { mmuLock }: Known): string | undefined {
  if (mmuLock === null) return undefined
  const held = mmuLock.holdEstimateNs?.max ?? 0
  const waits = roles.flatMap(({ task: { name, pid, waits }, role }) =>
    role === 'vcpu' && waits.longest !== undefined && waits.longest.rwlock === mmuLock.rwlock
      ? [{ ns: waits.longest.ns, who: `${name} (${pid})` }]
      : [],
  )
  const wait = waits.toSorted((a, b) => b.ns - a.ns)[0]
  if (Math.max(held, wait?.ns ?? 0) < TICK_NS) return undefined
  return wait === undefined || held >= wait.ns
    ? `mmu_lock was held for ${time(held)} at a time: a task that waits for it misses timer ticks.`
    : `${wait.who} waited up to ${time(wait.ns)} for mmu_lock: it misses timer ticks meanwhile.`
}

function whyNothing(recording: Recording, { mmuLock, faults, invalidations }: Known): string {
  if (faults === null && invalidations === 0)
    return 'No conclusion is possible: the trace has neither faults nor invalidations.'
  if (faults === null) return 'Few conclusions are possible: the trace has invalidations, but no faults.'
  if (mmuLock === null) return `Nothing unusual was found; ${whyNoWaits(recording)}.`
  return 'Nothing unusual was found: vCPUs hardly ever wait for mmu_lock.'
}

/** A wait is known by its begin and its end. */
function whyNoWaits(recording: Recording): string {
  const [begins, ends] = [recording.countOf('contention_begin'), recording.countOf('contention_end')]
  if (begins > 0 && ends > 0) return 'the trace has waits for locks, but none that may be for mmu_lock'
  if (begins > 0 || ends > 0) {
    const [found, lacks] = begins > 0 ? ['begin', 'end'] : ['end', 'begin']
    return `how long locks were waited for is unknown: lock:contention_${found} was recorded without lock:contention_${lacks}`
  }
  return 'the trace shows no waits for mmu_lock: either there were none, or lock:contention_begin was not recorded'
}

/** The scenario whose question is closest to the findings. */
function commandOf(
  roles: readonly TaskInRole[],
  { file, mmuLock, faults, outside, invalidations, takesPages, hitsNothing, hasTimes }: Known,
): string | null {
  if (faults === null || faults.addresses === 'virtual') return null
  const bench = (scenario: string, ...variants: readonly string[]) =>
    `faultline bench -s ${scenario} ${variants.map((variant) => `--variant ${variant}`).join(' ')}`
  const replay = (scenario: string, ...variants: readonly string[]) =>
    bench(scenario, ...variants).replace(` -s ${scenario}`, ` -s ${scenario} --trace ${file}`)
  const waitedFor = mmuLock?.waitedFor
  const updates = roles.some(({ role }) => role === 'memslot updater')
  const vcpus = roles.filter(({ role }) => role === 'vcpu').length
  const own = (scenario: string, ...variants: readonly string[]) =>
    `${bench(scenario, ...variants)}${vcpus > 1 ? ` --vcpus ${vcpus}` : ''}`
  // These run their own load, because no replay asks their question.
  if (roles.some(({ role, task }) => role === 'nx recovery' && task.zaps > 0))
    return own('nx-recovery', 'write-lock', 'read-lock')
  if (!takesPages && waitedFor !== undefined && waitedFor.fault.count > 0)
    return own('fault-scaling', 'write-lock', 'read-lock')
  if (!takesPages && !updates) return own('precheck', 'no-precheck', 'precheck')
  if (!hasTimes) return null
  const hitsNoMemslot = invalidations > 0 && (hitsNothing || (outside !== null && outside / invalidations > MANY))
  if (hitsNoMemslot || updates) return replay('elision', 'count', 'count-elide')
  return replay('precheck', 'no-precheck', 'precheck')
}

function basisOf({ events, lines, notUnderstood, remarks, clock }: Recording): string {
  const total = events.reduce((sum, { count: found }) => sum + found, 0)
  const read = lines - notUnderstood
  const gaps = remarks.gaps + (remarks.overwritten > 0 ? 1 : 0)
  const missing = gaps > 0 ? `; events are missing in ${count(gaps)} ${gaps === 1 ? 'place' : 'places'}` : ''
  const times = clock.timeless > 0 ? '; without times' : ''
  return `${count(total)} ${total === 1 ? 'event' : 'events'}, ${percent(lines === 0 ? 0 : read / lines)} of the lines understood, ${time(clock.spanNs)}${missing}${times}`
}

import type { Replay } from '../bench/plan.ts'
import { ReplayError } from '../errors/faultline-error.ts'
import { chooseMemslots } from '../replay/infer-memslots.ts'
import { pooledTimes } from '../replay/pooled-times.ts'
import { readMemslots } from '../replay/read-memslots.ts'
import { readRecording } from '../replay/read-recording.ts'
import type { RecordedTimes } from '../replay/recorded-times.ts'
import { parseSpeed } from '../replay/speed.ts'
import type { VmChoice } from '../replay/vms.ts'
import { type Workload, waitsFor, workloadOf } from '../replay/workload.ts'
import type { Io } from './io.ts'

/** More threads that invalidate than this are played by the busiest ones. */
const MOST_NOTIFIERS = 4

export type ReplayArgs = {
  readonly trace: string
  readonly memslots: string | undefined
  readonly speed: string
  /** Further recordings of the same host. */
  readonly times?: readonly string[]
  readonly choice?: VmChoice
  readonly tickRate?: number
  /** Events of each recorded task that are kept for a picture. */
  readonly timelineEvents?: number
}

/** Reads a recording and makes it a load. */
export async function readReplay(
  { trace, memslots, speed, times: further = [], choice, tickRate, timelineEvents = 0 }: ReplayArgs,
  io: Pick<Io, 'stdin'>,
): Promise<Replay> {
  const rate = parseSpeed(speed)
  const given = memslots === undefined ? undefined : await readMemslots(memslots)
  const recording = await readRecording(trace, {
    keepStreams: true,
    stdin: io.stdin,
    ...(choice === undefined ? {} : { choice }),
    ...(tickRate === undefined ? {} : { tickRate }),
  })
  const known = chooseMemslots(recording, given)
  const options = { speed: rate, notifiers: MOST_NOTIFIERS, timelineEvents }
  const own = workloadOf(recording, known, options)
  const others = await timesOf(further, io)
  const workload =
    others.length === 0 ? own : workloadOf(recording, known, { ...options, times: pooledTimes([own.times, ...others]) })
  return {
    file: trace,
    speed,
    recording: {
      spanNs: workload.replayNs,
      accesses: workload.vcpus.map(({ accesses }) => accesses),
      invalidations: workload.notifiers.map(({ invalidations }) => invalidations),
      memslots: workload.memslots,
      updates: workload.updaters.map(({ atNs }) => {
        return { kind: 'recorded', id: workload.spareMemslot.slot, atNs } as const
      }),
      spareMemslot: workload.spareMemslot,
      zaps: workload.updaters.flatMap(({ zap }) => (zap === null ? [] : [zap])),
    },
    host: { mmu: workload.mmu, ...(workload.preempt === null ? {} : { preempt: workload.preempt }) },
    says: [
      `${workload.faultsSay}; ${workload.memslotsSay}`,
      workload.playsSay,
      ...pooledSay(further),
      ...workload.warnings,
    ],
    updatesSay: workload.updatesSay,
    zapsSay: workload.zapsSay,
    kernel: kernelFigures(workload),
    plays: workload.plays,
    costs: workload.costs,
  }
}

/** The host's times in further recordings: read one after the other, as only the times of each are kept. */
async function timesOf(files: readonly string[], io: Pick<Io, 'stdin'>): Promise<readonly RecordedTimes[]> {
  const times: RecordedTimes[] = []
  for (const file of files) {
    const recording = await readRecording(file, { keepStreams: true, stdin: io.stdin })
    try {
      const known = chooseMemslots(recording, undefined)
      times.push(workloadOf(recording, known, { speed: 1, notifiers: MOST_NOTIFIERS }).times)
    } catch (cause) {
      if (!(cause instanceof ReplayError)) throw cause
      throw new ReplayError(`${file} holds no times: ${cause.message}`, `Leave it out of --times. ${cause.hint}`)
    }
  }
  return times
}

const pooledSay = (further: readonly string[]) =>
  further.length === 0
    ? []
    : [`its times are the median of those of ${further.length + 1} recordings: its own and ${further.join(', ')}`]

/** The figures of the recorded kernel, to be shown beside those of the replay. */
function kernelFigures({ faults, mmuLock, kernelTimeline }: Workload): Replay['kernel'] {
  const ofVcpus = mmuLock?.contention.filter(({ role }) => role === 'vcpu').map(({ waitsNs }) => waitsNs) ?? []
  const commonest = ofVcpus.toSorted((a, b) => b.count - a.count)[0]
  return {
    faults,
    waits: mmuLock === null ? null : waitsFor(mmuLock, 'vcpu'),
    waitTotalNs: mmuLock === null ? null : ofVcpus.reduce((sum, { total }) => sum + total, 0),
    // The median of the side that faults take; the other hardly occurs.
    waitMedianNs: commonest?.median ?? null,
    notifierWaits: mmuLock === null ? null : waitsFor(mmuLock, 'notifier'),
    holdNs: mmuLock?.holdEstimateNs?.trimmedMean ?? null,
    ...(kernelTimeline === undefined ? {} : { timeline: kernelTimeline }),
  }
}

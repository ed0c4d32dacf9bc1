import { predict } from '../bench/prediction.ts'
import { ReplayError } from '../errors/faultline-error.ts'
import { chooseMemslots } from '../replay/infer-memslots.ts'
import { isWaitTable, whyNoRows } from '../replay/perf-lock.ts'
import { readMemslots } from '../replay/read-memslots.ts'
import { readRecording } from '../replay/read-recording.ts'
import { openSource } from '../replay/source.ts'
import {
  costsOfWaits,
  nearerCosts,
  pagesThatFit,
  type RoleWaits,
  roleWaits,
  type WaitCost,
} from '../replay/wait-costs.ts'
import { type Workload, workloadOf } from '../replay/workload.ts'
import { contentionText, type Replayed } from '../report/contention-text.ts'
import { fit } from '../report/fit.ts'
import type { Command } from './command.ts'
import type { ContentionArgs } from './contention-flags.ts'
import { EXIT, type Io } from './io.ts'
import type { VmFlags } from './vm-args.ts'
import { tickRate, vmChoice } from './vm-flags.ts'

/** The number of pages of an invalidation in the precheck scenario. */
const DEFAULT_PAGES = 22_528
const ROUNDS = 4
const NEAR = 1.25
const LONGEST_TABLE = 2 ** 20

export const contention: Command<ContentionArgs> = async ({ file, json, ...args }, io) => {
  const text = await tableOf(file, io)
  if (!isWaitTable(text))
    throw new ReplayError(
      `${file} is no table of perf lock contention, and no /proc/lock_stat`,
      'perf lock contention -a -b sleep 10 prints one.',
    )
  const waits = roleWaits(text)
  if (waits.length === 0) throw new ReplayError(`${file} has no wait of KVM's MMU`, `${whyNoRows(text)}.`)
  const replayed = args.trace === undefined ? undefined : await replayedWith(waits, args.trace, args, io)
  const pages = replayed?.pages ?? pagesThatFit(waits, DEFAULT_PAGES)
  const costs = replayed?.costs ?? costsOfWaits(waits, pages)
  const found = {
    file,
    waits,
    costs,
    pages,
    isDefault: pages === DEFAULT_PAGES,
    ...(replayed === undefined ? {} : { replay: replayed }),
  }
  io.out(json ? JSON.stringify(found, null, 1) : fit(contentionText(found), io.columns))
  return EXIT.fine
}

async function tableOf(file: string, io: Io): Promise<string> {
  const source = await openSource(file, io.stdin)
  let text = ''
  try {
    await source.read((chunk) => {
      if (text.length < LONGEST_TABLE) text += chunk.toString('utf8')
    })
  } finally {
    await source.close()
  }
  return text
}

/** Plays a recording with the costs that follow, and again with nearer ones, until its waits are as long as the table's. */
async function replayedWith(
  waits: readonly RoleWaits[],
  trace: string,
  { memslots, ...flags }: Omit<ContentionArgs, 'file' | 'json'>,
  io: Io,
): Promise<Replayed> {
  const workload = await loadOf(trace, memslots, flags, io)
  const pages = medianPages(workload)
  const first = costsOfWaits(waits, pages)
  let costs = first
  let best: Replayed | undefined
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { waiters, faults } = await predict(workload, {
      machine: 'recorded-host',
      hasRecordedCosts: true,
      fromNs: 0,
      costs: Object.fromEntries(costs.map(({ name, ns }) => [name, ns])),
    })
    const averageOf = (role: string) => {
      const own = waiters.find((each) => each.role === role)
      return own === undefined || own.waits === 0 ? undefined : own.totalNs / own.waits
    }
    const factorOf = (role: RoleWaits['role']) => {
      const [ours, kernels] = [averageOf(role), waits.find((each) => each.role === role)?.averageNs]
      return ours === undefined || kernels === undefined ? undefined : ours / kernels
    }
    const miss = farthest(costs, factorOf)
    if (best === undefined || miss < best.miss) best = { trace, rounds: round, pages, costs, waiters, faults, miss }
    if (miss <= NEAR) break
    costs = nearerCosts(costs, first, factorOf)
  }
  return best!
}

/** By how much the average wait of the role misses most that a cost is fitted by. */
function farthest(costs: readonly WaitCost[], factorOf: (role: RoleWaits['role']) => number | undefined): number {
  const factors = costs.map(
    ({ name }) => factorOf(name === 'map_spte' ? 'notifier' : 'vcpu') ?? Number.POSITIVE_INFINITY,
  )
  return Math.max(...factors.map((factor) => Math.max(factor, 1 / factor)))
}

async function loadOf(trace: string, memslots: string | undefined, flags: VmFlags, io: Io): Promise<Workload> {
  const given = memslots === undefined ? undefined : await readMemslots(memslots)
  const recording = await readRecording(trace, {
    keepStreams: true,
    stdin: io.stdin,
    choice: vmChoice(flags),
    ...tickRate(flags),
  })
  return workloadOf(recording, chooseMemslots(recording, given), { speed: 1, notifiers: 4 })
}

/** How wide an invalidation of the recording is in the middle. */
function medianPages({ notifiers }: Workload): number {
  const widths = notifiers.flatMap(({ invalidations: { startHvas, endHvas } }) =>
    Array.from(startHvas, (start, index) => endHvas[index]! - start).filter((pages) => pages > 0),
  )
  return widths.length === 0 ? DEFAULT_PAGES : widths.sort((a, b) => a - b)[Math.floor(widths.length / 2)]!
}

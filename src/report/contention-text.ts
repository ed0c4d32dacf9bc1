import type { Waiters } from '../bench/prediction.ts'
import { shellWord } from '../errors/shell-word.ts'
import { LONGEST_FAULT_NS, type RoleWaits, type WaitCost } from '../replay/wait-costs.ts'
import { columns, compact, time } from './numbers.ts'

/** A recording that was played with costs that follow from a table of waits. */
export type Replayed = {
  readonly trace: string
  readonly rounds: number
  readonly pages: number
  readonly costs: readonly WaitCost[]
  readonly waiters: readonly Waiters[]
  readonly faults: number
  /** By which factor the average wait of a role misses at most; infinite if a role never waits. */
  readonly miss: number
}

type Found = {
  readonly file: string
  readonly waits: readonly RoleWaits[]
  readonly costs: readonly WaitCost[]
  readonly pages: number
  /** Whether the precheck scenario accepts this number of pages. */
  readonly isDefault: boolean
  readonly replay?: Replayed
}

const NAMES: Readonly<Record<RoleWaits['role'], string>> = {
  vcpu: 'vCPUs',
  notifier: 'notifiers',
  other: 'others of KVM',
}
const count = (value: number) => value.toLocaleString('en-US')

/** Formats what a table of `perf lock contention` shows about mmu_lock, the costs that follow, and how a replay with them compares. */
export function contentionText({ file, waits, costs, pages, isDefault, replay }: Found): string {
  const rows = waits.map((row) => [
    `  ${NAMES[row.role]}`,
    count(row.waits),
    time(row.totalNs),
    time(row.averageNs),
    time(row.maxNs),
    row.kinds.join(', '),
    row.callers.slice(0, 2).join(', ') + (row.callers.length > 2 ? ', ...' : ''),
  ])
  return [
    `waits for mmu_lock in ${file}`,
    columns([['  role', 'waits', 'total', 'average', 'longest', 'lock', 'at'], ...rows]),
    '',
    ...costsSay(costs, waits),
    ...(replay === undefined ? tryThem(costs, isDefault ? '' : ` --set range=${pages}`) : comparison(waits, replay)),
  ].join('\n')
}

function costsSay(costs: readonly WaitCost[], waits: readonly RoleWaits[]): readonly string[] {
  const slow = waits.find(({ role, averageNs }) => role === 'notifier' && averageNs * 2 > LONGEST_FAULT_NS)
  const doubts = [
    ...(slow === undefined
      ? []
      : [
          `  ! notifiers wait ${time(slow.averageNs)} on average, longer than any fault holds mmu_lock: they wait for each other, so cost.map_spte cannot be derived`,
        ]),
  ]
  if (costs.length === 0)
    return ['no cost follows: the table does not show how long faults and notifiers waited', ...doubts, '']
  const areShared = waits.some(({ role, kinds }) => role === 'vcpu' && kinds.some((kind) => !kind.endsWith(':R')))
  return [
    'derived costs, assuming similar holds and waits that begin at a random moment of a hold',
    ...costs.map(({ name, ns, says }) => `  cost.${name} ${count(ns)} ns: ${says}`),
    ...doubts,
    ...(areShared
      ? ['  ! vCPUs wait for write here, so they also wait for other faults: the first cost is an upper bound']
      : []),
    '',
  ]
}

const setOf = (costs: readonly WaitCost[]) => costs.map(({ name, ns }) => `--set cost.${name}=${ns}`).join(' ')

function tryThem(costs: readonly WaitCost[], range: string): readonly string[] {
  if (costs.length === 0) return []
  return [
    `to play a load with them: faultline bench -s precheck -m epyc-milan-2s${range} ${setOf(costs)}`,
    'to compare a replay with this table: faultline contention FILE --trace RECORDING',
  ]
}

function comparison(
  waits: readonly RoleWaits[],
  { trace, rounds, waiters, faults, costs, miss }: Replayed,
): readonly string[] {
  const all = (list: readonly { readonly waits: number }[]) => list.reduce((sum, each) => sum + each.waits, 0)
  const roles = [...new Set([...waits.map(({ role }) => role as string), ...waiters.map(({ role }) => role)])]
  const rows = roles.map((role) => {
    const kernel = waits.find((each) => each.role === role)
    const ours = waiters.find((each) => each.role === role)
    const average = ours === undefined || ours.waits === 0 ? undefined : ours.totalNs / ours.waits
    return [
      `  ${NAMES[role as RoleWaits['role']] ?? role}`,
      kernel === undefined ? '-' : time(kernel.averageNs),
      average === undefined ? '-' : time(average),
      kernel === undefined || average === undefined ? '-' : `${compact(average / kernel.averageNs)}x`,
      kernel === undefined ? '-' : time(kernel.maxNs),
      ours === undefined || ours.waits === 0 ? '-' : time(ours.maxNs),
      kernel === undefined ? '-' : share(kernel.waits / all(waits)),
      ours === undefined ? '-' : share(ours.waits / Math.max(1, all(waiters))),
    ]
  })
  const says = Number.isFinite(miss)
    ? `average waits are within ${compact(miss)}x of the table's`
    : 'a role that waits in the table does not wait in the replay: the recording is not of the same load'
  return [
    `replay of ${trace} on recorded-host with these costs (${count(faults)} faults, round ${rounds}): ${says}`,
    columns([['  role', 'average', 'replay', 'factor', 'longest', 'replay', 'share of waits', 'replay'], ...rows]),
    '',
    `to see what helps: faultline bench -s precheck --trace ${shellWord(trace)} ${setOf(costs)} --variant no-precheck --variant precheck`,
  ]
}

const share = (value: number) => `${(value * 100).toLocaleString('en-US', { maximumFractionDigits: 1 })} %`

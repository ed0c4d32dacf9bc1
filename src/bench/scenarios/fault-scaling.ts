import { PLACEMENTS } from '../../model/topology.ts'
import { Random } from '../../workers/random.ts'
import { meetingWords, type ScalingPlan } from '../../workers/scaling-plan.ts'
import { type Load, type LoadOptions, scenario, type Variant } from '../scenario.ts'
import { BLOCK } from './loads/guest.ts'

/** For each CPU of a run: about as long as a contended lock takes to go to the next. All begin within one round of it. */
const START_NS = 300

/** For all CPUs together, for splits: as much memory as a VM can have here. */
const HUGE_PAGES = 1 << 13

const variant = (name: string, reference: string, says: string): Variant => {
  return { kind: 'good', name, reference, says, protocol: 'no-precheck' }
}

const VARIANTS: readonly Variant[] = [
  variant('write-lock', 'before parallel faults', 'every operation holds mmu_lock for write'),
  variant('read-lock', 'parallel faults, arm64 6.2, x86 5.14', 'operations hold mmu_lock for read'),
  variant('lock-free', 'fast_page_fault()', 'operations take no lock'),
  variant('spin-lock', 'qspinlock', 'operations hold a queued spinlock'),
]

const WHERE = ['none', 'inside', 'outside'] as const

const PARAMETERS = {
  operation: {
    kind: 'choice',
    says: 'fault: maps or dirties; fast: restores write permission; dirty: writes to writable memory, no fault; pml: the same, logged by the hardware, with one exit per 512 pages; uffd: a fault that a reader of a userfaultfd resolves; split: of a 2 MiB block; nx-split: because the guest executes there, until all huge pages are split; zap: of an SPTE; unmap: of a block; protect: a process changes one of its own PTEs, as mprotect() does; section: of a spinlock, and nothing else; --set cost.operation_outside and cost.operation_locked add ns without and under the lock',
    choices: ['fault', 'fast', 'dirty', 'pml', 'uffd', 'split', 'nx-split', 'zap', 'unmap', 'protect', 'section'],
    default: 'fault',
  },
  flush: {
    kind: 'choice',
    says: 'after each operation: none; local: TLBI of this CPU alone; tlbi: TLBI and DSB once; broadcast: twice, as break-before-make; invlpgb: INVLPGB and TLBSYNC, without interrupts; remote: requests to all vCPUs',
    choices: ['none', 'local', 'tlbi', 'broadcast', 'invlpgb', 'remote'],
    default: 'none',
  },
  'flush-units': { kind: 'integer', says: 'TLBIs of a flush, before its DSB', low: 1, high: 8192, default: 1 },
  guests: {
    kind: 'integer',
    says: 'vCPUs that run the guest meanwhile, on further CPUs: a remote flush interrupts each of them',
    low: 0,
    high: 512,
    default: 0,
  },
  readers: {
    kind: 'integer',
    says: 'tasks of the VMM that resolve the faults of operation=uffd, on further CPUs',
    low: 1,
    high: 512,
    default: 1,
  },
  clear: {
    kind: 'choice',
    says: 'whether memory is cleared inside or outside of the lock',
    choices: WHERE,
    default: 'none',
  },
  clean: {
    kind: 'choice',
    says: 'whether the D-cache is cleaned inside or outside of the lock',
    choices: WHERE,
    default: 'none',
  },
  block: { kind: 'integer', says: 'pages of 4 KiB of an operation', low: 1, high: 1 << 18, default: 1 },
  idle: {
    kind: 'integer',
    says: 'vCPUs that a flush finds outside the guest',
    low: 0,
    high: 512,
    default: 0,
  },
  'hot-lines': {
    kind: 'integer',
    says: 'lines that all CPUs change before and after an operation, as a fault on arm64 does with mmap_lock',
    low: 0,
    high: 16,
    default: 0,
  },
  placement: {
    kind: 'choice',
    says: 'of modelled CPUs. fill: one socket after the other, as harnesses do that pin; spread: over the sockets by turns, as the scheduler does',
    choices: PLACEMENTS,
    default: 'fill',
  },
} as const

type Options = LoadOptions<typeof PARAMETERS>

function load({ values, crew, sampleEvery, seed, variant }: Options): Load {
  const vcpus = crew.vcpus + values.guests + values.idle
  const blocks = values.operation === 'nx-split' ? hugePagesOf(crew.vcpus) : 1
  // A literal for each CPU: copied by a spread, a thousand plans get a thousand shapes, and each of their fields is searched for.
  const planFrom = (startNs: number): ScalingPlan => ({
    operation: values.operation,
    lock: LOCKS[variant ?? 'write-lock'] ?? 'write',
    flush: values.flush,
    flushUnits: values['flush-units'],
    clear: values.clear,
    clean: values.clean,
    pages: values.block,
    hotLines: values['hot-lines'],
    sampleEvery,
    scalers: crew.vcpus,
    blocks,
    startNs,
  })
  const starts = new Random(seed)
  const readers = values.operation === 'uffd' ? values.readers : 0
  return {
    system: {
      vcpus,
      memslots: [{ slot: 0, baseGfn: 1 << 20, hva: 1 << 29, pages: BLOCK * blocks * crew.vcpus }],
      mmu: 'tdp',
      preempt: 'full',
      tlbEntries: 1,
      hugePerMille: 0,
      isPopulated: true,
      meetingWords: meetingWords(crew.vcpus + values.guests + readers),
      ...(values.operation === 'nx-split' ? { nx: nxOf(blocks * crew.vcpus) } : {}),
    },
    roles: [
      ...Array.from({ length: crew.vcpus }, () => {
        return { role: 'scaler', scaling: planFrom(starts.below(START_NS * crew.vcpus)) } as const
      }),
      ...Array.from({ length: values.guests }, () => ({ role: 'running-guest' }) as const),
      ...Array.from({ length: readers }, () => ({ role: 'uffd-reader' }) as const),
    ],
    placement: values.placement,
  }
}

/** Huge pages of each CPU: a power of two, so that the entries of none lie in two page tables. */
const hugePagesOf = (vcpus: number): number =>
  Math.max(1, Math.min(BLOCK, 2 ** Math.floor(Math.log2(HUGE_PAGES / vcpus))))

const nxOf = (hugeBlocks: number) =>
  ({ roots: 1, keepsRoots: true, nestedGfn: 0, nestedPages: 0, hugeBlocks, hugeLevel: 2, entries: BLOCK }) as const

const LOCKS: Readonly<Record<string, ScalingPlan['lock']>> = {
  'write-lock': 'write',
  'read-lock': 'read',
  'lock-free': 'none',
  'spin-lock': 'spin',
}

export default scenario({
  name: 'fault-scaling',
  asks: 'Do CPUs that change page tables at once get more done under another lock than mmu_lock held for write, or under none?',
  mail: null,
  variants: VARIANTS,
  headline: ['write-lock', 'read-lock'],
  decides: [
    { metric: 'operations_per_second', reads: 'operations/s', means: 'the throughput of all CPUs together' },
    { metric: 'operation_ns', reads: 'mean time of an operation', means: 'how long it keeps its CPU' },
  ],
  parameters: PARAMETERS,
  crew: { notifiers: 0 },
  hasLatencyTrials: false,
  refuses: ['trace', 'arrival'],
  modelled: { values: {}, durationMs: 2, warmupMs: 0.2 },
  load,
})

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { ReplayError } from '../errors/faultline-error.ts'
import { chooseMemslots } from './infer-memslots.ts'
import { readVms } from './read-recording.ts'
import { summarise, type TraceSummary } from './summary.ts'

const FOLDER = fileURLToPath(new URL('../../testdata/recordings', import.meta.url))
const stdin = () => assert.fail('stdin is not read')

async function summariesOf(name: string): Promise<readonly TraceSummary[]> {
  const found = await readVms(`${FOLDER}/${name}.txt.gz`, { keepStreams: false, stdin })
  return found.map(({ recording, vm }) => summarise(recording, chooseMemslots(recording, undefined), name, vm))
}

async function summaryOf(name: string): Promise<TraceSummary> {
  const summaries = await summariesOf(name)
  assert.equal(summaries.length, 1)
  return summaries[0]!
}

async function refusalOf(name: string): Promise<string> {
  const error: unknown = await readVms(`${FOLDER}/${name}.txt.gz`, { keepStreams: false, stdin }).then(
    () => assert.fail(`${name} was read`),
    (reason) => reason,
  )
  assert.ok(error instanceof ReplayError, String(error))
  return `${error.message} ${error.hint}`
}

/** What a recording is compared by. */
const shapeOf = (summary: TraceSummary) => ({
  faults: summary.faults?.count ?? null,
  invalidations: summary.invalidations.count,
  waits: summary.mmuLock?.contention.reduce((sum, { waitsNs }) => sum + waitsNs.count, 0) ?? 0,
  vcpus: summary.threads.filter(({ role }) => role === 'vcpu').map(({ pid }) => pid),
  notifiers: summary.threads.filter(({ role }) => role === 'notifier').map(({ pid }) => pid),
})
type Shape = ReturnType<typeof shapeOf>

const BASE: Shape = { faults: 96, invalidations: 12, waits: 6, vcpus: [4101, 4102], notifiers: [4100] }

const LIKE_BASE = [
  'ref-trace-5flags',
  'ref-trace-pipe-noflags-2.6',
  'tracecmd-report',
  'tracecmd-report-t-ns',
  'tracecmd-report-l-latency',
  'tracecmd-report-ts-diff',
  'android-systrace-tgid',
  'latency-format',
  'dmesg-ftrace-dump',
  'function-graph-comments',
  'perf-script',
  'perf-script-pid-tid',
  'perf-script-dashed-comm',
  'mail-quoted-1',
  'mail-quoted-2',
  'mail-quoted-printable',
  'mail-quoted-wrapped',
  'mail-wrapped-72',
  'grep-prefixed',
  'grep-B-context',
  'syslog-prefixed',
  'journal-bracket-prefixed',
  'html-escaped',
  'tabs-for-spaces',
  'github-nbsp',
  'trace-with-stacks',
  'lost-events',
  'tracecmd-lost',
  'per-cpu-concatenated',
] as const

for (const name of LIKE_BASE) {
  test(`${name} holds the same as every other form of the recording`, async () => {
    const summary = await summaryOf(name)
    assert.deepEqual(shapeOf(summary), BASE)
    assert.equal(summary.notUnderstood, 0)
    if (name !== 'function-graph-comments') assert.equal(summary.spanNs, 246_000)
    const named = summary.threads.map((thread) => thread.name.replace('<...>', '')).join(', ')
    assert.doesNotMatch(named, /trace\.txt|hv17|2024|[>\][]|&/, named)
  })
}

/** Further expected values, by name: only the given ones are compared. */
const SHAPES: Readonly<Record<string, Partial<Shape>>> = {
  'per-cpu-concatenated-long': { faults: 960, invalidations: 120, waits: 60 },
  'per-cpu-concatenated-long.sorted': { faults: 960, invalidations: 120, waits: 60 },
  'tracecmd-report-R-raw': { faults: 96, invalidations: 12 },
  'perf-script-callchain': { faults: 16, vcpus: [4101, 4102] },
  'truncated-last-line': { faults: 95 },
  'truncated-last-line-faults-only': { faults: 19 },
  'tracecmd-host-guest': { faults: 24, invalidations: 2, waits: 1 },
  'old-2.6.3x-trace': { faults: 96 },
  'arm64-guest-fault': { faults: 96, invalidations: 12 },
  'hold-across-retries': { faults: 80, waits: 40 },
  'amd-npf-mmio': { faults: 64 },
  'dirty-log-write-faults': { faults: 96 },
  'stuck-vcpus': { faults: 800 },
  'snp-private-attributes': { faults: 96, invalidations: null },
  'ept-prefetch-trace-rwxu': { faults: 32 },
  'ept-prefetch-tracecmd-rwxu': { faults: 32 },
  'ept-prefetch-rwx': { faults: 32 },
  'shadow-prefetch': { faults: 32 },
  'shadow-prefetch-wrapped-at': { faults: 32 },
  'shadow-prefetch-wrapped-before-at': { faults: 32 },
  'clear-refs-whole-mm': { faults: 48, invalidations: 3 },
  'numa-in-vcpu-thread': { vcpus: [4101, 4102], notifiers: [], invalidations: 12 },
  'numa-in-vcpu-thread-quoted': { vcpus: [4101, 4102], notifiers: [], invalidations: 12 },
  'numa-in-vcpu-thread-syslog': { vcpus: [4101, 4102], notifiers: [], invalidations: 12 },
  'numa-in-vcpu-thread-kvmtool': { vcpus: [4101, 4102], notifiers: [], invalidations: 12 },
  'rt-rwlock-waits': { waits: 40 },
  'riscv-spinlock-waits': { waits: 40 },
  'tdp-collapse-only': { faults: 20, vcpus: [4101] },
  's390-sie': { faults: null, vcpus: [4101] },
  'ppc-hv': { faults: 1, vcpus: [4101] },
  'riscv-exit': { faults: 6, vcpus: [4101] },
  'loongarch-exit': { faults: 1, vcpus: [4101] },
}

for (const [name, expected] of Object.entries(SHAPES)) {
  test(`${name} holds what its writer put into it`, async () => {
    const shape = shapeOf(await summaryOf(name))
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, shape[key as keyof Shape]])), expected)
  })
}

/** What a refusal must name. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'perf-script-nocomm': /task/,
  'perf-trace': /perf trace/,
  'timestamps-only': /task/,
  'events-only': /times/,
  'clock-x86-tsc': /clock that counts ticks/,
  'clock-x86-tsc-tracecmd': /clock that counts ticks/,
  'shadow-gva-faults-only': /virtual/,
  'two-recordings-reboot': /several recordings.*head -n 420 .*tail -n \+421/,
  'not-dmesg-soft-lockup': /lockup/,
  'not-perf-kvm-stat': /perf kvm stat/,
  'not-perf-lock-contention': /perf lock contention.*direct_page_fault\+0x1d4: 1,342 waits.*faultline contention FILE/,
  'not-bpftrace-printf': /bpftrace/,
  'not-bpftrace-durations': /bpftrace/,
  'not-trace-hist': /hist/,
  'not-debugfs-stats': /debugfs/,
}

for (const [name, says] of Object.entries(REFUSED)) {
  test(`${name} is refused for what it is`, async () => assert.match(await refusalOf(name), says))
}

test('two VMs in one buffer are summarised each, and none of their ranges misses', async () => {
  const summaries = await summariesOf('two-vms')
  assert.deepEqual(
    summaries.map((summary) => ({ ...shapeOf(summary), outside: summary.invalidations.outsideMemslots })),
    [4100, 5100].map((pid) => {
      return { faults: 160, invalidations: 20, waits: 10, vcpus: [pid + 1, pid + 2], notifiers: [pid], outside: 0 }
    }),
  )
})

test('a wait that ended in a retry is no hold of the SPTE that a later fault set', async () => {
  for (const name of ['hold-across-retries', 'hold-across-retries-recorder']) {
    assert.equal((await summaryOf(name)).mmuLock?.holdEstimateNs, null)
  }
})

test('accesses to devices are counted apart and take no part in the memslots', async () => {
  const { faults, memslots } = await summaryOf('amd-npf-mmio')
  assert.equal(faults?.device, 200)
  assert.deepEqual(
    memslots.slots.map(({ baseGfn }) => baseGfn),
    [0x1_2200],
  )
})

test('faults that only made a page writable are named, with what a replay does of them', async () => {
  const { faults, warnings } = await summaryOf('dirty-log-write-faults')
  assert.equal(faults?.madeWritable, 64)
  assert.match(warnings.join(), /64 faults made a mapped page writable .* a replay drops them/)
})

test('stuck vCPUs are reported first', async () => {
  for (const name of ['stuck-vcpus', 'stuck-vcpus-expanded-tracepoint']) {
    const { verdict, findings } = await summaryOf(name)
    assert.match(verdict.says, /^This guest is stuck: 800 faults of 4 vCPUs on 4 gfns/)
    assert.equal(findings[0]?.kind, 'no progress')
  }
  const { verdict } = await summaryOf('stuck-vcpus-expanded-tracepoint')
  assert.match(verdict.says, /seq stays 0x8002dc25, in_prog 0/)
})

test('what took pages away without a notifier is counted as what it is', async () => {
  const { removals, faults, warnings } = await summaryOf('snp-private-attributes')
  assert.deepEqual(removals.attributes, { events: 6, leafs: 96, pages: 96 })
  assert.equal(faults?.private, 96)
  assert.match(warnings.join(), /6 changes of memory attributes took 96 leafs away/)
})

test('the mode of paging is told by the bits of SPTEs, not by the letters of their rights', async () => {
  assert.equal((await summaryOf('ept-prefetch-trace-rwxu')).mmu, 'tdp')
  assert.equal((await summaryOf('shadow-prefetch')).mmu, 'shadow')
})

test('ranges of everything leave the memslots unknown, and whether a range hits', async () => {
  const { invalidations, memslots } = await summaryOf('clear-refs-whole-mm')
  assert.equal(invalidations.everything, 3)
  assert.equal(invalidations.outsideMemslots, null)
  assert.match(memslots.says, /^not inferable: .*everything/)
})

test('a cut last line is left out and said', async () => {
  for (const name of ['truncated-last-line', 'truncated-last-line-faults-only']) {
    const { warnings, memslots, notUnderstood } = await summaryOf(name)
    assert.match(warnings.join(), /the last line is cut/)
    assert.equal(notUnderstood, 0)
    assert.ok(memslots.slots.every(({ baseGfn }) => baseGfn > 0))
  }
})

test('what is not traced has no rate', async () => {
  const { faultsPerSecond, invalidationsPerSecond } = await summaryOf('s390-sie')
  assert.equal(faultsPerSecond, null)
  assert.ok(invalidationsPerSecond! > 0)
})

test('addresses that are virtual are not taken for gfns', async () => {
  for (const name of ['old-2.6.3x-trace', 'loongarch-exit']) {
    const { faults, memslots } = await summaryOf(name)
    assert.equal(faults?.addresses, 'virtual')
    assert.deepEqual(memslots.slots, [])
  }
})

test("a guest's own lines next to the host's are left out and said", async () => {
  assert.match((await summaryOf('tracecmd-host-guest')).warnings.join(), /2 lines of trace-guest1\.dat .* left out/)
})

test('lines that were sorted are said to be', async () => {
  assert.match((await summaryOf('per-cpu-concatenated-long')).warnings.join(), /not in time order .* sorted/)
  assert.deepEqual((await summaryOf('per-cpu-concatenated-long.sorted')).warnings, [])
})

test('each recording of the folder is in one of the tables', () => {
  const named = new Set([...LIKE_BASE, ...Object.keys(SHAPES), ...Object.keys(REFUSED), 'two-vms'])
  const apart = ['hold-across-retries-recorder', 'stuck-vcpus-expanded-tracepoint']
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.gz'))
  const names = files.map((name) => name.replace('.txt.gz', ''))
  assert.deepEqual(names.toSorted(), [...named, ...apart].toSorted())
})

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Result } from '../bench/result.ts'
import { CHECKS } from '../checker/checks/all.ts'
import { VARIANTS } from '../protocols/catalogue.ts'
import type { CounterName } from '../protocols/counters.ts'
import { EVENTS } from '../replay/events.ts'
import { faultline } from './faultline.contract.ts'

/** A user of mmu_lock besides faults and notifiers, and where it is to be seen. */
type User = {
  /** The parameter of `mixed` that adds it. */
  readonly parameter: string
  readonly value: string
  /** The counter that shows its work. */
  readonly counter: CounterName
  readonly worker: string
  /** A lock that it takes, by its name in the table; none if it no longer takes one. */
  readonly lock?: string
  readonly metric: string
  /** The tracepoint of the kernel that shows it. */
  readonly events: readonly string[]
  readonly good: string
  readonly broken: readonly string[]
}

const USERS: readonly User[] = [
  {
    parameter: 'agers',
    value: '1',
    counter: 'aging_calls',
    worker: 'ager 0',
    metric: 'agings_per_second',
    events: ['kvm_age_hva', 'kvm_test_age_hva'],
    good: 'age-lockless',
    broken: ['B-AGESTORE', 'B-AGERCU', 'B-AGEPLAIN'],
  },
  {
    parameter: 'converters',
    value: '1',
    counter: 'gmem_pages_punched',
    worker: 'converter 0',
    lock: 'mmuLock',
    metric: 'gfns_converted_per_second',
    events: ['kvm_vm_set_mem_attributes'],
    good: 'convert',
    broken: ['B-HUGEEDGE', 'B-HOLEFIRST'],
  },
  {
    parameter: 'dirty-loggers',
    value: '1',
    counter: 'dirty_log_starts',
    worker: 'dirty-logger 0',
    lock: 'mmuLock',
    metric: 'flushes_per_log_start',
    events: [],
    good: 'one-flush',
    broken: ['B-STARTFLUSH', 'B-STOPFLUSH', 'B-CLEARLATE', 'B-HUGELOG'],
  },
  {
    parameter: 'pfncaches',
    value: '1',
    counter: 'pfncache_uses',
    worker: 'pfncache-user 0',
    lock: 'pfnCaches.gpc0.lock',
    metric: 'pfncache_uses_per_second',
    events: ['kvm_unmap_hva_range'],
    good: 'count-elide',
    broken: ['B-GPCCOUNT', 'B-EARLYDEC'],
  },
  {
    parameter: 'teardowns',
    value: '1',
    counter: 'vm_teardowns',
    worker: 'vm-teardown 0',
    lock: 'vm2.mmuLock',
    metric: 'vm_teardown_p50_ns',
    events: [],
    good: 'count-elide',
    broken: ['B-NORELEASE', 'B-TEARDOWN'],
  },
]

/** No further user, but a VM of that kernel, and other work that shares no lock with it. */
const BESIDE = ['--set', 'seq-start=2147483640', '--set', 'vms=2', '--set', 'convert-pause-us=100']
const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-users-'))
test.after(() => rmSync(FOLDER, { recursive: true }))

test('every further user of mmu_lock runs in mixed, and is named in the table, in the file and among the locks', async () => {
  const file = join(FOLDER, 'x.json')
  const load = ['-s', 'mixed', '-m', 'icx-2s', '--vcpus', '2', '--duration', '2ms', '--draws', '0', '--all']
  const asked = USERS.flatMap(({ parameter, value }) => ['--set', `${parameter}=${value}`])
  const flags = [...load, '--variant', 'everything', ...asked, ...BESIDE, '--out', file]
  const { code, out, err } = await faultline('bench', ...flags)
  assert.equal(code, 0, out + err)
  const run = (JSON.parse(readFileSync(file, 'utf8')) as Result).runs[0]!
  for (const { counter, metric, worker, lock } of USERS) {
    assert.ok(run.counters[counter]! > 0, counter)
    assert.ok(run.metrics[metric] !== undefined, metric)
    const taken = run.locks.filter(({ who }) => who?.some((one) => one.worker === worker && one.acquisitions > 0))
    assert.equal(
      lock === undefined ? taken.length === 0 : taken.some(({ name }) => name === lock),
      true,
      `${worker}: ${taken.map(({ name }) => name)}`,
    )
  }
  for (const label of [
    'asked whether used/s',
    'converted gfns/s',
    'pfn cache uses/s',
    'VM teardown p50',
    'log start',
  ]) {
    assert.ok(out.includes(label), label)
  }
  assert.deepEqual(
    run.outcomes.filter(({ grade }) => grade === 'forbidden'),
    [],
  )
})

test('every further user is in the list, and what the kernel traces of it is read', async () => {
  const { out } = await faultline('list', 'mixed')
  for (const { parameter, events } of USERS) {
    assert.match(out, new RegExp(`^ +${parameter} `, 'm'))
    for (const event of events) assert.ok(event in EVENTS, event)
  }
})

test('every further user has a good variant and broken ones, each with its mail or commit, and a check that finds them', () => {
  const checked = new Map(CHECKS.flatMap(({ variants }) => variants.map((one) => [one.name, one])))
  for (const { good, broken } of USERS) {
    assert.equal(checked.get(good)?.kind, 'good', good)
    for (const name of broken) {
      const declared = VARIANTS.find((one) => one.name === name)
      assert.match(declared?.reference ?? '', /[0-9a-f]{12}|@|\(\w+ \w+, \w{3} \d{4}\)|s3/, name)
      const found = checked.get(name)
      const left = CHECKS.some(({ unchecked }) => unchecked !== undefined && name in unchecked)
      assert.ok(found?.kind === 'broken' || left, `${name} is neither found by a check, nor is it said why not`)
    }
  }
})

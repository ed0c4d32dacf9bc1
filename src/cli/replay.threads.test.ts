import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { tracePath } from '../replay/recorded.contract.ts'
import { assertSound, faultline, resultIn, SHORT } from './running.contract.ts'

const numa = { trace: tracePath('numa.trace.gz'), memslots: tracePath('numa.json') }
const PRECHECK = ['bench', '-s', 'precheck', '--variant', 'precheck']

/** A trace without KVM events. */
const NO_KVM = `          <idle>-0       [001] d..2.   100.000001: sched_switch: prev_comm=a ==> next_comm=b
            bash-42      [000] .....   100.000002: sys_enter: NR 1 (1, 2, 3)
`

test('a recording is summarised from a compressed file, a plain file and standard input', async () => {
  const text = gunzipSync(readFileSync(numa.trace))
  const named = await faultline(['trace', numa.trace, '--memslots', numa.memslots])
  assert.equal(named.code, 0, named.err)
  assert.match(named.out, /kvm_unmap_hva_range +307/)
  assert.match(named.out, /SPIN\|WRITE +3,523/)
  const piped = await faultline(['trace', '-', '--memslots', numa.memslots], { stdin: text })
  const squeezed = await faultline(['trace', '-', '--memslots', numa.memslots], { stdin: readFileSync(numa.trace) })
  assert.equal(
    piped.out.replaceAll('standard input', numa.trace),
    squeezed.out.replaceAll('standard input', numa.trace),
  )
  assert.match(piped.out, /kvm_unmap_hva_range +307/)
})

test('a trace without KVM events is refused, with the events that it has', async () => {
  for (const args of [
    ['trace', '-'],
    [...PRECHECK, '--trace', '-', '--out', 'x.json'],
  ]) {
    const { code, err } = await faultline(args, { stdin: Buffer.from(NO_KVM) })
    assert.equal(code, 2)
    assert.match(err, /no event of KVM|sched_switch/)
    assert.doesNotMatch(err, /\n\s+at /)
  }
})

test('a recording is replayed once, and printed beside what its kernel did', async () => {
  const { trace, memslots } = numa
  const { code, out, err, folder } = await faultline([
    ...[...PRECHECK, '--trace', trace, '--memslots', memslots],
    ...['--trials', '2', '--out', 'x.json'],
  ])
  assertSound({ code, out, err })
  assert.match(out, /recorded kernel +precheck/)
  assert.match(out, /waits for mmu_lock per fault +13.9 %/)
  const [run] = resultIn(join(folder, 'x.json')).runs
  assert.deepEqual([run!.params.mmu, run!.params.preempt, run!.params.vcpus], ['shadow', 'none', 2])
  assert.deepEqual([run!.recorded!.faults, run!.recorded!.waits, run!.recorded!.notifierWaits], [25_241, 3521, 4])
  const unmaps = run!.counters.unmap_gfn_range_calls! / run!.trials.length
  assert.equal(unmaps, 300, 'every recorded invalidation of a memslot')
})

test('invalidations of unrelated memory in a recording do not take mmu_lock', async () => {
  const args = ['--trace', tracePath('unrelated.trace.gz'), '--memslots', tracePath('unrelated.json')]
  const { folder, err, code, out } = await faultline([...PRECHECK, ...args, '--trials', '2', '--out', 'x.json'])
  assertSound({ code, out, err })
  const [run] = resultIn(join(folder, 'x.json')).runs
  assert.equal(run!.counters.invalidate_elided! / run!.trials.length, 1507)
  const notifier = run!.locks.flatMap(({ name, who }) => (name === 'mmuLock' ? who : []))
  assert.equal(notifier.find(({ worker }) => worker === 'notifier 0')?.contended ?? 0, 0)
})

test('with --speed max a recording is played without pauses, for the given duration', async () => {
  const args = [...PRECHECK, '--trace', numa.trace, '--memslots', numa.memslots, '--speed', 'max', ...SHORT]
  const { code, out, err } = await faultline([...args, '--out', 'x.json'])
  assertSound({ code, out, err })
  assert.match(out, /speed max/)
  assert.doesNotMatch(out, /vCPUs waited, in all/)
})

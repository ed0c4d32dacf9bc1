import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Result } from '../bench/result.ts'
import { faultline } from './faultline.contract.ts'

const MAIN = fileURLToPath(new URL('main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'faultline-modelled-'))
test.after(() => rmSync(folder, { recursive: true }))

/** What a command writes into its result file; the costs of the machine are drawn only where a test asks for it. */
async function modelled(...words: readonly string[]): Promise<{ out: string; result: Result }> {
  const file = join(folder, 'own.json')
  rmSync(file, { force: true })
  const draws = words.includes('--draws') ? [] : ['--draws', '0']
  const { code, out, err } = await faultline('bench', '--no-progress', '--out', file, ...draws, ...words)
  assert.equal(code, 0, err)
  return { out, result: JSON.parse(readFileSync(file, 'utf8')) as Result }
}

test('the same plan gives the same bytes in another process, with another compiler, language and time zone', () => {
  const bytes = [
    { flags: [], env: { LANG: 'C', TZ: 'UTC' } },
    { flags: ['--no-opt', '--max-semi-space-size=1'], env: { LANG: 'de_DE.UTF-8', TZ: 'Asia/Kathmandu' } },
  ].map(({ flags, env }, index) => {
    const file = join(folder, `${index}.json`)
    const plan = [
      'bench',
      '-m',
      'altra-64,altra-max-128',
      '-s',
      'precheck,icache',
      '--vcpus',
      '3',
      '--draws',
      '1',
      '--duration',
      '300us',
    ]
    const ran = spawnSync(process.execPath, [...flags, MAIN, ...plan, '--seed', '1,7', '--out', file, '--quiet'], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    })
    assert.equal(ran.status, 0, ran.stderr)
    return readFileSync(file)
  })
  assert.ok(bytes[0]!.length > 10_000)
  assert.ok(bytes[0]!.equals(bytes[1]!))
})

test('the question which role costs the guest most is answered by figures of the roles', async () => {
  const { out, result } = await modelled('-m', 'icx-2s', '-s', 'mixed', '--vcpus', '2', '--duration', '1ms')
  assert.doesNotMatch(out, /No answer/)
  assert.ok(result.runs.every(({ metrics }) => metrics.nx_refault_latency_p50_ns!.median > 0))
})

test('the time of every role is accounted for: busy, and what it was blocked by', async () => {
  const { result } = await modelled('-m', 'altra-64', '-s', 'precheck,elision', '--vcpus', '8', '--duration', '1ms')
  for (const { scenario, variant, model, trials } of result.runs) {
    for (const { role, ns } of model!.blocked) {
      const busy = ns.busy!
      assert.ok(busy >= 0, `${scenario} ${variant} ${role}: busy ${busy}`)
      for (const [what, time] of Object.entries(ns))
        assert.ok(time >= 0, `${scenario} ${variant} ${role}: ${what} ${time}`)
    }
    assert.equal(trials.length, 1)
  }
})

test('a what-if removes a cost in a separate run, and the difference is printed', async () => {
  const plain = ['-m', 'altra-64', '-s', 'precheck', '--vcpus', '8', '--duration', '1ms']
  const { out, result } = await modelled(...plain, '--what-if', 'flush=0')
  const free = ['ipi', 'ipi_delivery', 'tlb_flush', 'tlbi', 'dsb_ish'].flatMap((name) => ['--set', `cost.${name}=0`])
  const really = await modelled(...plain, ...free, '--set', 'machine.ipi_fabric_ns=0')
  for (const [index, { model }] of result.runs.entries()) {
    const { metrics } = really.result.runs[index]!
    const [what] = model!.whatIf
    assert.deepEqual([what!.cost, what!.scale], ['flush', 0])
    for (const [name, value] of Object.entries(what!.metrics)) assert.equal(value, metrics[name]!.median, name)
    assert.notEqual(what!.metrics.faults_per_second, result.runs[index]!.metrics.faults_per_second!.median)
  }
  assert.match(out, /what if flush cost nothing, no-precheck: .*faults_per_second \S+ -> \S+/)
})

test('a what-if is run with each seed of the plan, and told from chance by pairs of the same seed', async () => {
  const load = ['-m', 'altra-64', '-s', 'precheck', '--variant', 'precheck', '--vcpus', '2', '--duration', '0.3ms']
  const asked = ['--what-if', 'work=4', '--what-if', 'cost.ic_ivau=2']
  const { out, result } = await modelled(...load, ...asked, '--seed', '1..6')
  const [slower, same] = result.runs[0]!.model!.whatIf
  assert.deepEqual(
    slower!.trials!.map(({ seed }) => seed),
    [1, 2, 3, 4, 5, 6],
  )
  assert.equal(same!.trials!.length, 6)
  assert.match(out, /work cost 4 times as much, precheck: .*fault_latency_p50_ns \S+ us -> \S+ us \(\+/)
  assert.match(out, /cost.ic_ivau cost 2 times as much, precheck: .*faults_per_second \S+ -> \S+ \(within chance\)/)
  assert.doesNotMatch(out, /one seed only/)
})

test('draws from the ranges are a band, and a comparison that changes its sign within it is not resolved', async () => {
  const { out, result } = await modelled(
    '-m',
    'altra-64',
    '-s',
    'apic-page',
    '--vcpus',
    '4',
    '--all',
    '--draws',
    '6',
    '--seed',
    '3',
  )
  const [base, other] = result.runs
  assert.deepEqual(
    [base, other].map((run) => run!.model!.draws.length),
    [6, 6],
  )
  assert.match(out, /band of 6 draws, double-flush: tlb_flushes_per_reload 2\.00 \[2\.00, 2\.00\]/)
  const ratios = base!.model!.draws.map((draw, index) => {
    return other!.model!.draws[index]!.guest_accesses_per_second! / draw.guest_accesses_per_second!
  })
  assert.ok(ratios.some((ratio) => ratio < 1) && ratios.some((ratio) => ratio > 1))
  assert.match(out, /guest accesses\/s (the same|the sign changes within the profile's own ranges)/)
})

test('a sweep of vCPUs is fitted by the scalability law, a line for each variant', async () => {
  const { out } = await modelled(
    '-m',
    'altra-64',
    '-s',
    'fault-scaling',
    '--variant',
    'write-lock',
    '--vcpus',
    '1,2,4,8',
  )
  assert.match(out, /fault-scaling write-lock on altra-64, 1 to 8 vCPUs: contention \d.* %, coherency .*universal scal/)
})

test('a contended holder yields where the kernel is preemptible, and nowhere else', async () => {
  const yields = async (preempt: string) => {
    const load = [
      '-m',
      'altra-64',
      '-s',
      'elision',
      '--variant',
      'count-elide',
      '--vcpus',
      '16',
      '--set',
      'inside-share=100',
    ]
    const { result } = await modelled(...load, '--duration', '1ms', '--set', `preempt=${preempt}`)
    return result.runs[0]!.counters.yield_needbreak ?? 0
  }
  assert.ok((await yields('full')) > 0)
  assert.equal(await yields('voluntary'), 0)
  assert.equal(await yields('none'), 0)
})

test('v6.7 with preempt=voluntary yields too, and a pre-check avoids these yields', async () => {
  const load = ['-m', 'icx-2s', '-s', 'precheck', '--variant', 'no-precheck,precheck', '--vcpus', '8']
  const { result } = await modelled(...load, '--set', 'preempt=voluntary')
  const [without, withPrecheck] = result.runs.map(({ counters }) => counters.yield_needbreak ?? 0)
  assert.ok(without! > 0)
  assert.equal(withPrecheck, 0)
})

test('more vCPUs than cores share them in time slices, which is reported and accounted for', async () => {
  const few = ['--vcpus', '8', '--set', 'machine.cpus=4', '--set', 'machine.slice_ms=0.1']
  const { out, result } = await modelled('-m', 'altra-64', '-s', 'precheck', ...few)
  assert.match(out, /more workers than the machine has CPUs: they share them \(9 on 4\)/)
  const blocked = result.runs.flatMap(({ model }) => model!.blocked.map(({ ns }) => ns.preemption ?? 0))
  assert.ok(blocked.some((ns) => ns > 0))
})

test('a CPU with a lock comes to a core again, also where a kernel preempts no holder of a lock', async () => {
  const few = ['--vcpus', '5', '--set', 'machine.cpus=4', '--set', 'machine.slice_ms=0.1', '--duration', '2ms']
  const kernel = ['--variant', 'no-precheck', '--set', 'machine.lock_holder_preemption=0']
  const { result } = await modelled('-m', 'altra-64', '-s', 'precheck', ...few, ...kernel)
  assert.ok(result.runs[0]!.metrics.faults_per_second!.median > 0)
})

test('doubts that apply to threads only are not printed for the model', async () => {
  const { out } = await modelled('-m', 'altra-64', '-s', 'icache', '--vcpus', '2')
  assert.doesNotMatch(out, /atomic operation on a line that all threads share|scheduler|cores/)
})

test('icache is refused on a machine without I-cache maintenance, and the error names machines that have it', async () => {
  for (const machine of ['epyc-milan-2s', 'altra-64,clx-2s']) {
    const { code, err } = await faultline('bench', '-s', 'icache', '-m', machine)
    assert.equal(code, 2)
    assert.match(err, /coherent in hardware\n.*altra-64, altra-max-128/)
  }
})

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readMemslots } from './read-memslots.ts'
import { readRecording } from './read-recording.ts'
import { setSpte, unmap } from './recorded.contract.ts'
import { RecorderTree } from './recorder-tree.contract.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/record-kvm-trace', import.meta.url))
const TRACEFS = '/sys/kernel/tracing'
const folder = mkdtempSync(join(tmpdir(), 'faultline-'))
after(() => rmSync(folder, { recursive: true }))

const run = (...args: readonly string[]) => spawnSync('sh', [SCRIPT, ...args], { encoding: 'utf8', cwd: folder })
const cannotTrace = existsSync(`${TRACEFS}/events/kvm`) ? false : 'needs root, tracefs, and a kernel with KVM events'
const isInstance = (pid: number | undefined) => existsSync(`${TRACEFS}/instances/faultline-${pid}`)

test('the recorder says how it is used', () => {
  for (const flag of ['--help', '-h']) {
    const { status, stdout, stderr } = run(flag)
    assert.equal(status, 0)
    assert.match(stdout, /^Usage: record-kvm-trace \[-d SECONDS\]/)
    assert.equal(stderr, '')
  }
})

test('wrong use of the recorder is refused with a sentence, and leaves nothing behind', () => {
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [['-x'], 'there is no flag -x'],
    [['-d'], '-d needs a value'],
    [['-d', 'long'], "-d is 'long', not a number of seconds"],
    [['-d', '0.0'], "-d is '0.0': nothing would be recorded"],
    [['-b', '1.5'], "-b is '1.5', not a whole number of KiB"],
    [['-p', 'qemu'], "-p is 'qemu', not a process id"],
    [['trace.gz'], "'trace.gz' is not expected"],
  ]
  for (const [args, sentence] of wrong) {
    const { status, stderr } = run(...args)
    assert.equal(status, 2)
    assert.equal(stderr.split('\n')[0], `record-kvm-trace: ${sentence}`)
  }
  assert.deepEqual(readdirSync(folder), [])
})

test('without root or without tracefs the recorder refuses', () => {
  const { status, stderr } = run('-t', folder)
  assert.equal(status, 2)
  assert.match(stderr, /only root may trace the kernel|is not a tracefs/)
})

test('a recording leaves two files that can be read, and the tracing of the host as it was', {
  skip: cannotTrace,
}, async () => {
  const before = readFileSync(`${TRACEFS}/set_event`, 'utf8')
  const { status, stderr, pid } = run('-d', '0.2', '-o', 'host', '-b', '64')
  assert.equal(status, 0, stderr)
  assert.deepEqual(readdirSync(folder).toSorted(), ['host.json', 'host.trace.gz'])
  assert.ok(!isInstance(pid))
  assert.equal(readFileSync(`${TRACEFS}/set_event`, 'utf8'), before)
  const noted = JSON.parse(readFileSync(join(folder, 'host.json'), 'utf8'))
  assert.equal(noted.guessed, true)
  await readMemslots(join(folder, 'host.json'))
  assert.match(run('-o', 'host').stderr, /^record-kvm-trace: host\.trace\.gz exists already/)
})

test('a recording that is interrupted leaves nothing', { skip: cannotTrace }, async () => {
  const child = spawn('sh', [SCRIPT, '-d', '60', '-o', 'cut'], { cwd: folder })
  const [first] = await once(child.stderr, 'data')
  assert.match(String(first), /recording 60 s/)
  assert.ok(isInstance(child.pid))
  child.kill('SIGTERM')
  const [status] = await once(child, 'exit')
  assert.equal(status, 143)
  assert.ok(!isInstance(child.pid))
  assert.ok(readdirSync(folder).every((name) => !name.startsWith('cut')))
})

const X86 = [
  'kvm/kvm_page_fault',
  'kvm/kvm_unmap_hva_range',
  'kvm/kvm_entry',
  'kvm/kvm_exit',
  'kvmmmu/kvm_mmu_set_spte',
  'kvmmmu/fast_page_fault',
  'lock/contention_begin',
  'lock/contention_end',
  'sched/sched_switch',
]

/** Records on a tree of files: a fake host, whose kernel has these events. */
function recordOn(name: string, events: readonly string[], ...args: readonly string[]) {
  const place = join(folder, name)
  const tree = new RecorderTree(place, events, `${setSpte(1, 1)}\n${unmap(2, 1, 1)}\n`)
  const { status, stderr } = spawnSync('sh', [SCRIPT, '-R', tree.root, '-o', join(place, 'vm'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${tree.bin}:${process.env.PATH}` },
  })
  const noted = status === 0 ? JSON.parse(readFileSync(join(place, 'vm.json'), 'utf8')) : undefined
  return { tree, place, status, stderr, noted }
}

test('on a fake tree of tracefs the recorder records what is there, notes the host, and gives the instance back', async () => {
  const { tree, place, status, stderr, noted } = recordOn('x86', X86, '-p', '4100', '-b', '512')
  assert.equal(status, 0, stderr)
  for (const event of ['kvm/kvm_page_fault', 'kvmmmu/fast_page_fault', 'lock/contention_end']) {
    assert.equal(tree.left(`events/${event}/enable`), '1', event)
  }
  for (const event of ['kvm/kvm_entry', 'sched/sched_switch'])
    assert.equal(tree.left(`events/${event}/enable`), '0', event)
  assert.equal(tree.left('set_event_pid'), '4100\n4101\n4102\n40')
  assert.deepEqual(
    [tree.left('buffer_size_kb'), tree.left('trace_clock'), tree.left('tracing_on')],
    ['512', 'mono', '0'],
  )
  assert.equal(tree.left('options/record-tgid'), '1')
  assert.deepEqual(readdirSync(join(tree.root, 'sys/kernel/tracing/instances')), [])
  assert.equal(noted.preempt, 'full')
  assert.deepEqual(noted.mmu, { ept: 'Y', npt: null, tdp_mmu: 'Y', nx_huge_pages: null })
  assert.deepEqual(noted.counters, {
    before: { pf_taken: 100, remote_tlb_flush: 7 },
    after: { pf_taken: 150, remote_tlb_flush: 7 },
  })
  assert.deepEqual(noted.vms, [{ pid: 4100, name: 'qemu-system-x86', threads: [4100, 4101, 4102] }])
  assert.deepEqual(noted.memslots, [{ slot: 0, baseGfn: 0, hva: '0x7f1200000000', pages: 262_144 }])
  assert.equal(noted.overwritten, 3)
  assert.match(stderr, /3 events did not fit the ring buffers/)
  const recording = await readRecording(join(place, 'vm.trace.gz'), { keepStreams: false, stdin: () => assert.fail() })
  assert.equal(recording.lines, 2)
})

test('on a fake tree the recorder takes exits and switches in if it is asked to', () => {
  const { tree, noted } = recordOn('asked', X86, '-e', '-s')
  for (const event of ['kvm/kvm_entry', 'kvm/kvm_exit', 'sched/sched_switch']) {
    assert.equal(tree.left(`events/${event}/enable`), '1', event)
  }
  assert.ok(noted.events.includes('sched/sched_switch'))
})

test('a kernel that lacks events is recorded with those that it has, and what is missing is said', () => {
  const riscv = recordOn('riscv', ['kvm/kvm_entry', 'kvm/kvm_exit', 'kvm/kvm_unmap_hva_range'])
  assert.equal(riscv.status, 0, riscv.stderr)
  assert.equal(riscv.tree.left('events/kvm/kvm_exit/enable'), '1')
  assert.match(riscv.stderr, /no event kvmmmu\/kvm_mmu_set_spte/)
  assert.match(riscv.stderr, /no lock:contention_begin before 5\.19/)
  assert.ok(riscv.noted.missing.includes('kvm/kvm_page_fault'))
  const none = recordOn('none', ['kvm/kvm_pio'])
  assert.equal(none.status, 3)
  assert.match(none.stderr, /none of KVM's events that faultline reads is in this kernel/)
  assert.deepEqual(readdirSync(join(none.tree.root, 'sys/kernel/tracing/instances')), [])
  assert.deepEqual(readdirSync(none.place).toSorted(), ['bin', 'root'])
})

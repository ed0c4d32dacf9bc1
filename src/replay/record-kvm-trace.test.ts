import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readMemslots } from './read-memslots.ts'

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

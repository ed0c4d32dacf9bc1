import assert from 'node:assert/strict'
import { createReadStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import test, { after } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { ReplayError } from '../errors/faultline-error.ts'
import { doubtsOf } from './doubts.ts'
import { readRecording } from './read-recording.ts'
import { line, setSpte, tracePath, unmap } from './recorded.contract.ts'
import type { Recording } from './recording.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-'))
after(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const read = (path: string, stdin: () => Readable = () => assert.fail('stdin is not read')) =>
  readRecording(path, { keepStreams: false, stdin })

/** The one sentence that a file is refused with, its path left out. */
async function refused(path: string): Promise<string> {
  const error = await read(path).then(
    () => assert.fail(`${path} was read`),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ReplayError, String(error))
  assert.match(error.hint, /\S/)
  assert.doesNotMatch(error.message, /\n/)
  return error.message.replace(path, 'FILE')
}

const shape = ({ lines, events, clock, invalidations }: Recording) => ({
  lines,
  events,
  spanNs: clock.spanNs,
  invalidations: invalidations.length,
})

test('a trace is the same plain, gzipped, in several gzip members, and from standard input', async () => {
  const packed = readFileSync(tracePath('whole.trace.gz'))
  const text = gunzipSync(packed)
  const half = text.indexOf('\n', text.length / 2) + 1
  const members = Buffer.concat([gzipSync(text.subarray(0, half)), gzipSync(text.subarray(half))])
  const expected = shape(await read(tracePath('whole.trace.gz')))
  assert.deepEqual(shape(await read(file('plain.gz', text))), expected)
  assert.deepEqual(shape(await read(file('members', members))), expected)
  assert.deepEqual(shape(await read('-', () => createReadStream(tracePath('whole.trace.gz')))), expected)
  assert.deepEqual(shape(await read('-', () => Readable.from([text.subarray(0, 1), text.subarray(1)]))), expected)
})

test('UTF-16, which Windows writes, is read with and without its mark', async () => {
  const text = [
    line('CPU 0/KVM-100', 0, 'kvm_entry', 'vcpu 0, rip 0x1'),
    setSpte(1, 0x1200),
    unmap(9, 0x7000, 2),
    '',
  ].join('\n')
  const expected = shape(await read(file('utf-8', text)))
  const little = Buffer.from(`\ufeff${text}`, 'utf16le')
  const big = Buffer.from(little).swap16()
  for (const bytes of [little, big, little.subarray(2), big.subarray(2)]) {
    assert.deepEqual(shape(await read(file('utf-16', bytes))), expected)
    assert.deepEqual(shape(await read(file('utf-16.gz', gzipSync(bytes)))), expected)
  }
})

test('UTF-32 is read with and without its mark', async () => {
  const text = `${line('CPU 0/KVM-100', 0, 'kvm_entry', 'vcpu 0, rip 0x1')}\n${setSpte(1, 0x1200)}\n${unmap(9, 0x7000, 2)}\n`
  const expected = shape(await read(file('utf-8', text)))
  const marked = Uint32Array.from(`\ufeff${text}`, (letter) => letter.codePointAt(0)!)
  const little = Buffer.from(marked.buffer)
  const big = Buffer.from(little).swap32()
  for (const bytes of [little, big, little.subarray(4), big.subarray(4)])
    assert.deepEqual(shape(await read(file('utf-32', bytes))), expected)
})

test('probes of known functions stand for the tracepoints that are not there', async () => {
  const fault = (us: number, gfn: number, of = 'kvm_mmu_page_fault') =>
    line(
      'CPU 0/KVM-100',
      us,
      `p_${of}_0`,
      `(${of}+0x0/0x5d0 [kvm]) cr2_or_gpa=0x${(gfn * 4096).toString(16)} error_code=0x6`,
    )
  const range = line(
    'qemu-kvm-200',
    50,
    'p_kvm_mmu_notifier_invalidate_range_start_0',
    '(kvm_mmu_notifier_invalidate_range_start+0x4/0x2d0 [kvm]) start=0x7f0000000000 end=0x7f0000002000',
  )
  const both = Array.from({ length: 9 }, (_, at) => [
    fault(at * 9, at),
    fault(at * 9 + 1, at, 'kvm_tdp_page_fault'),
  ]).flat()
  const recording = await read(file('probes', `${[...both.slice(0, 12), range, ...both.slice(12)].join('\n')}\n`))
  const { pageFaults } = recording.tasks.known(100)!
  assert.deepEqual([pageFaults.count, recording.invalidations.unmaps], [9, 1], 'one function of two counts')
  assert.deepEqual(recording.probed, { fault: 'kvm_tdp_page_fault', range: 'kvm_mmu_notifier_invalidate_range_start' })
  assert.match(doubtsOf(recording).join(), /faults are taken from 9 probes of kvm_tdp_page_fault/)

  const traced = line(
    'CPU 0/KVM-100',
    60,
    'kvm_page_fault',
    'vcpu 0 rip 0x1 address 0x0000000000001000 error_code 0x182',
  )
  const apart = await read(file('both', `${both.slice(0, 8).join('\n')}\n${traced}\n`))
  assert.equal(apart.tasks.known(100)!.pageFaults.count, 1, 'the tracepoint is there')
  const returned = line(
    'CPU 0/KVM-100',
    1,
    'r_x',
    '(handle_ept_violation+0x1/0x2 [kvm] <- kvm_mmu_page_fault) gpa=0x1000',
  )
  assert.equal((await read(file('returns', `${returned}\n${traced}\n`))).tasks.known(100)!.pageFaults.count, 1)
})

test('what was cut at a column, encoded, or recorded by guests alone is refused by that', async () => {
  const cut = Array.from({ length: 9 }, (_, at) => setSpte(at, 0x1200 + at).slice(0, 60)).join('\n')
  assert.match(await refused(file('cut', `${cut}\n`)), /No line is longer than 60 characters .* they were truncated$/)
  const base64 = Buffer.from(`${cut}${cut}`).toString('base64').replace(/.{76}/g, '$&\n')
  assert.match(await refused(file('base64', base64)), /^FILE is base64/)
  const guest = 'VM:4100  VCPU:001  swapper/0     0/0      [001] 1.000001: exceptions:page_fault_user: address=0x7f00'
  assert.match(await refused(file('guests', `${guest}\n`)), /has only events that guests recorded \(VM:4100\)/)
})

test('lines in reverse order, and events that stand twice, are refused with the command that mends them', async () => {
  const lines = Array.from({ length: 20 }, (_, at) => setSpte(at * 3, 0x1200 + at))
  assert.equal(await refused(file('reversed', `${lines.toReversed().join('\n')}\n`)), 'FILE has its last line first')
  const twice = lines.flatMap((each) => [each, each])
  assert.match(await refused(file('twice', `${twice.join('\n')}\n`)), /^FILE has events twice: 20 of 40 lines repeat/)
  // At steps of 4 ms the same may happen twice at one time.
  const coarse = lines.map((_, at) => setSpte(Math.floor(at / 2) * 4000, 0x1200))
  assert.equal((await read(file('coarse', `${coarse.join('\n')}\n`))).lines, 20)
})

test('a file that cannot be read is refused with a sentence', async () => {
  mkdirSync(join(folder, 'directory'))
  assert.equal(await refused(join(folder, 'nowhere')), 'there is no file FILE')
  assert.equal(await refused(join(folder, 'directory')), 'FILE is a directory')
  assert.equal(await refused(file('empty', '')), 'FILE is empty')
  assert.equal(await refused(file('empty.gz', gzipSync(''))), 'FILE is empty')
})

test('a gzip file that ends too early or is damaged is refused', async () => {
  const packed = readFileSync(tracePath('ksm.trace.gz'))
  assert.equal(await refused(file('short.gz', packed.subarray(0, 50_000))), 'FILE is a gzip file that ends too early')
  const damaged = Buffer.from(packed)
  damaged.fill(0xff, 30_000, 30_100)
  assert.match(await refused(file('damaged.gz', damaged)), /^FILE could not be read/)
})

test('zeros, which fill the holes of a file that was not written to its end, are no text', async () => {
  const text = [setSpte(1, 0x1200), setSpte(2, 0x1201), unmap(9, 0x7000, 2), ''].join('\n')
  const held = async (name: string, holding: string) => ({ ...shape(await read(file(name, holding))), lines: 0 })
  const expected = await held('whole', text)
  const holes = [
    `\0\0${text}`,
    `${text}${'\0'.repeat(4096)}`,
    text.replaceAll('\n', '\n\0'),
    text.replaceAll('\n', '\0'),
  ]
  for (const [at, each] of holes.entries()) assert.deepEqual(await held(`holes-${at}`, each), expected)
})

test('a file that is not text is refused by what it is', async () => {
  // Whether the tool is installed here or not, it makes no text of a file of a few bytes.
  const trace = Buffer.from('\x17\x08Dtracing6\0', 'latin1')
  assert.match(
    await refused(file('trace.dat', trace)),
    /^FILE is trace-cmd's binary format, (?:and|which) trace-cmd,? /,
  )
  assert.match(await refused(file('perf.data', 'PERFILE2h\0')), /^FILE is perf's binary format, (?:and|which) perf,? /)
  const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0])
  assert.match(
    await refused(file('trace.zst', zstd)),
    /^FILE is compressed with zstd, (?:(?:and|which) zstd,? |and ends too early)/,
  )
  const packed = {
    lzma: [0x5d, 0, 0, 0x80, 0],
    lzop: [0x89, 0x4c, 0x5a, 0x4f, 0],
    lzip: [0x4c, 0x5a, 0x49, 0x50, 1],
    gzip: [0x1f, 0x9d, 0x90, 0xff, 0xff, 0xff, 0xff, 0xff],
  }
  for (const [program, head] of Object.entries(packed)) {
    assert.match(
      await refused(file(`trace.${program}`, Buffer.from(head))),
      new RegExp(`^FILE is compressed with ${program}, `),
    )
  }
  assert.equal(
    await refused(file('trace.7z', Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0]))),
    'FILE is a 7z archive, not a text',
  )
  assert.equal(await refused(file('binary', 'a\u0001\0\u0002d')), 'FILE is a binary file: there is a zero byte at 2')
  assert.equal(await refused(file('trace.zip', 'PK\u0003\u0004\0')), 'FILE is a zip archive, not a text')
  assert.equal(
    await refused(file('half.gz', gzipSync('text').subarray(0, 12))),
    'FILE is a gzip file that ends too early',
  )
  assert.equal(await refused(file('twice.gz', gzipSync(gzipSync('text')))), 'FILE is compressed twice, not a text')
})

test('a trace without KVM is refused with what it holds', async () => {
  const other = (name: string, us: number) => line('bash-1', us, name, 'x')
  const names = ['sched_switch', 'irq_handler_entry', 'sys_enter', 'sys_exit', 'sched_waking', 'softirq_entry']
  const lines = [...names.map(other), other('sched_switch', 9)].join('\n')
  assert.equal(
    await refused(file('other', lines)),
    'FILE holds no KVM event: 7 lines of sched_switch, irq_handler_entry, sys_enter, sys_exit and 2 more',
  )
  assert.equal(await refused(file('one', other('sched_switch', 1))), 'FILE holds no KVM event: 1 line of sched_switch')
  assert.equal(await refused(file('header', '# tracer: nop\n#\n')), 'FILE holds the header of a trace and no event')
  assert.equal(
    await refused(file('prose', 'Dear all,\n\nplease find attached\n')),
    'FILE is not a trace: none of its 3 lines begins with TASK-PID [CPU] SECONDS: EVENT:. The first lines that are not understood: 1: "Dear all,"; 3: "please find attached"',
  )
})

test('lines that are not understood do not keep the others from being read', async () => {
  const recording = await read(file('mixed', `junk\r\n${setSpte(1, 1)}\r\n${unmap(2, 1, 1)}\r\nmore junk`))
  assert.deepEqual(shape(recording).events, [
    { name: 'kvm_mmu_set_spte', count: 1 },
    { name: 'kvm_unmap_hva_range', count: 1 },
  ])
  assert.deepEqual(recording.firstLines, [{ number: 1, text: 'junk' }])
  assert.ok(recording.isCut)
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { ReplayError } from '../errors/faultline-error.ts'
import { type ReadOptions, readRecording } from './read-recording.ts'
import { line, setSpte } from './recorded.contract.ts'
import { summarise } from './summary.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-'))
after(() => rmSync(folder, { recursive: true }))
const stdin = () => assert.fail('stdin is not read')

const read = (lines: readonly string[], options: Partial<ReadOptions> = {}) => {
  const path = join(folder, 'trace')
  writeFileSync(path, `${lines.join('\n')}\n`)
  return readRecording(path, { keepStreams: false, stdin, ...options })
}
const refusal = async (lines: readonly string[]): Promise<string> => {
  const error: unknown = await read(lines).then(
    () => assert.fail('it was read'),
    (reason) => reason,
  )
  assert.ok(error instanceof ReplayError, String(error))
  return `${error.message} ${error.hint}`
}
const warningsOf = async (lines: readonly string[]) =>
  summarise(await read(lines), { slots: [], origin: 'assumed', says: '' }).warnings.join()

const HEADER = '# tracer: nop'
const second = (from: number, count = 40) => Array.from({ length: count }, (_, at) => setSpte(from * 1e6 + at * 10, at))

test('a recording with a header of its own, long after the first, is not added to it', async () => {
  const text = await refusal([HEADER, ...second(1), HEADER, ...second(60)])
  assert.match(text, /holds 2 recordings, one after the other: the second begins at line 42, .* 59 s/)
  assert.match(text, /head -n 41 .*trace \| faultline trace -, and tail -n \+42/)
})

test('a part that begins more than an hour later is another recording, with or without a header, and keeps its events', async () => {
  assert.match(await refusal([...second(1), ...second(5000)]), /the second begins at line 41/)
})

test('parts that follow each other at once are one recording, which is said', async () => {
  const parts = [HEADER, ...second(1, 4), HEADER, ...Array.from({ length: 40 }, (_, at) => setSpte(1e6 + 40 + at, at))]
  assert.match(await warningsOf(parts), /2 parts with their own header/)
})

test('a pause that covers most of a recording is reported, as rates are over its whole length', async () => {
  assert.match(await warningsOf([...second(1), ...second(100)]), /for 9\d\.\d+ s of 9\d\.\d+ s there is no event/)
})

test('a clock of long steps is said to be one', async () => {
  const coarse = Array.from({ length: 80 }, (_, at) => setSpte(Math.floor(at / 8) * 4000, at))
  assert.match(await warningsOf(coarse), /the clock goes in steps of 4 ms/)
  assert.equal(await warningsOf(Array.from({ length: 80 }, (_, at) => setSpte(at * 4000, at))), '')
})

test('distances between events are not taken for times', async () => {
  const distances = [0, 5, 3, 9, 2, 7].map((us, at) => setSpte(us, at).replace('1000.', '0.'))
  assert.match(await refusal(distances), /distances between events and not times.*--deltatime/)
})

test('ticks are times if their number per second is given', async () => {
  const ticked = [0, 3000, 6000].map((ticks, at) =>
    line('CPU 0/KVM-1', 0, 'kvm_page_fault', `address ${at}000 error_code 6`).replace('1000.000000', String(ticks)),
  )
  assert.match(await refusal(ticked), /counts ticks.*--tick-rate/)
  assert.equal((await read(ticked, { tickRate: 3e9 })).clock.spanNs, 2000)
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { resultOf, runOf } from '../../bench/comparing/testing.contract.ts'
import { faultline } from '../faultline.contract.ts'
import { appendLine } from './history-file.ts'
import { canMount } from './mounting.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-history-'))
test.after(() => rmSync(FOLDER, { recursive: true }))
const at = (name: string) => join(FOLDER, name)
const ENTRY = '{"schema":"faultline.history","version":1}'

function resultFile(id: string): string {
  writeFileSync(at(`${id}.json`), JSON.stringify(resultOf([runOf({ faults_per_second: [1] })], { id })))
  return at(`${id}.json`)
}

test('a line is added behind a line that has no end', async () => {
  writeFileSync(at('cut.jsonl'), `${ENTRY}\n${ENTRY}`)
  await appendLine(at('cut.jsonl'), 'other', (text) => {
    assert.equal(text, `${ENTRY}\n${ENTRY}`)
    return ENTRY
  })
  assert.equal(readFileSync(at('cut.jsonl'), 'utf8'), `${ENTRY}\n${ENTRY}\n${ENTRY}\n`)
})

test('lines that several processes add at the same time are all kept', async () => {
  const lines = Array.from({ length: 20 }, (_, index) => `${ENTRY.slice(0, -1)},"id":"${index}"}`)
  await Promise.all(lines.map((line) => appendLine(at('many.jsonl'), 'other', () => line)))
  assert.deepEqual(readFileSync(at('many.jsonl'), 'utf8').trim().split('\n').sort(), lines.toSorted())
})

test('a lock file left by a process that has ended is ignored', async () => {
  const { ownerOf } = await import('../../bench/ab/owner.ts')
  const gone = ownerOf(process.pid).replace(/-\d+-\d+$/, '-1-1')
  writeFileSync(at('left.jsonl.lock'), gone)
  await appendLine(at('left.jsonl'), 'other', () => ENTRY)
  assert.equal(readFileSync(at('left.jsonl'), 'utf8'), `${ENTRY}\n`)
  assert.ok(!readdirSync(FOLDER).includes('left.jsonl.lock'))
})

test('nothing is added to a file that is not a history', async () => {
  writeFileSync(at('notes.txt'), 'mine\n')
  await assert.rejects(
    appendLine(at('notes.txt'), 'other', () => ENTRY),
    /is not a history of faultline/,
  )
  await assert.rejects(
    appendLine('/dev/null', 'other', () => ENTRY),
    /it is a device/,
  )
  assert.equal(readFileSync(at('notes.txt'), 'utf8'), 'mine\n')
})

test('a damaged line is named and left out, and stays in the file', async () => {
  const history = at('history.jsonl')
  assert.equal((await faultline('trend', history, '--append', resultFile('one'))).code, 0)
  const bad = '{"schema":"faultline.history","version":1,"id":"1","createdAt":"2026","git":null,"runs":[]}'
  writeFileSync(history, `${readFileSync(history, 'utf8')}${bad}\n{"sche`)
  const { code, err } = await faultline('trend', history, '--append', resultFile('two'))
  assert.equal(code, 0, err)
  assert.match(err, /history.jsonl: line 2 is not an entry of a history, and is left out\n.*line 3 is not/)
  const lines = readFileSync(history, 'utf8').split('\n')
  assert.deepEqual([lines.length, lines[1], lines[2]], [5, bad, '{"sche'])
})

test('a disk that is full leaves the history as it was, and no lock', { skip: !canMount() }, async () => {
  const disk = at('disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk])
  try {
    const history = join(disk, 'h.jsonl')
    await appendLine(history, 'other', () => ENTRY)
    for (const room of [0, 4096, 16_384]) {
      const filler = join(disk, 'filler')
      rmSync(filler, { force: true })
      const { bavail, bsize } = statfsSync(disk)
      writeFileSync(filler, Buffer.alloc(bavail * bsize - room))
      const large = `${ENTRY.slice(0, -1)},"x":"${'x'.repeat(30_000)}"}`
      await assert.rejects(
        appendLine(history, 'other', () => large),
        /the disk is full/,
      )
      assert.equal(readFileSync(history, 'utf8'), `${ENTRY}\n`)
      assert.deepEqual(readdirSync(disk).sort(), ['filler', 'h.jsonl'])
    }
  } finally {
    execFileSync('umount', [disk])
  }
})

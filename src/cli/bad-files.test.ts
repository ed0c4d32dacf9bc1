import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { faultline } from './faultline.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-bad-files-'))
test.after(() => rmSync(FOLDER, { recursive: true }))

function file(name: string, content: string | Buffer): string {
  const path = join(FOLDER, name)
  writeFileSync(path, content)
  return path
}

const EMPTY = file('empty.json', '')
const BINARY = file('binary.json', Buffer.from([0x52, 0x00, 0xff, 0xfe, 0x07]))
const PACKED = file('packed.json', gzipSync('{}'))

test('a file that is not text is reported with its kind, and none of its bytes are printed', async () => {
  for (const command of [['verify'], ['report'], ['compare'], ['bench', '--resume'], ['bench', '--config']]) {
    for (const [path, says] of [
      [EMPTY, 'is empty'],
      [BINARY, 'is a binary file, not JSON'],
      [PACKED, 'is a gzip file: unpack it first'],
    ] as const) {
      const { code, err } = await faultline(...command, path)
      assert.equal(code, 2, `${command} ${path}`)
      assert.ok(err.startsWith(`faultline: ${path} ${says}\n`), err)
    }
  }
})

test('a binary file is reported as such wherever a file is read: machines, memslots, histories, litmus tests, locks, patches', async () => {
  const named = (name: string) => file(name, Buffer.from([0x52, 0x00, 0xff, 0xfe, 0x07]))
  for (const [command, path, expected] of [
    [['bench', '-s', 'precheck', '-m'], named('machine.json'), 'JSON'],
    [['bench', '-s', 'precheck', '--trace', 'traces/numa.trace.gz', '--memslots'], named('memslots.json'), 'JSON'],
    [['trend'], BINARY, 'a history'],
    [['trend'], named('history.csv'), 'CSV'],
    [['check'], named('test.litmus'), 'a litmus test'],
    [['check', 'lock'], named('lock.js'), 'JavaScript or TypeScript'],
    [['bench', '-s', 'precheck', '--variant'], named('patch.ts'), 'a patch'],
  ] as const) {
    const { code, err } = await faultline(...command, path)
    assert.equal(code, 2, `${command}: ${err}`)
    assert.ok(err.includes(`is a binary file, not ${expected}\n`), err)
    assert.ok(!/[\0\ufffd]/.test(err), err)
  }
})

test('an empty history does not count as a series without a change: exit code 4, and the next step', async () => {
  const { code, out, err } = await faultline('trend', EMPTY)
  assert.deepEqual([code, out], [4, ''])
  assert.match(err, /empty\.json: no result is in it\n`faultline trend FILE --append RESULT` adds one\./)
})

test('a lock is only searched for in a module, and a command without its file prints its usage', async () => {
  const lock = await faultline('check', 'lock', PACKED)
  assert.equal(lock.code, 2)
  assert.match(lock.err, /packed\.json is no module: its name ends neither with \.ts nor with \.js/)
  const compare = await faultline('compare')
  assert.equal(compare.code, 2)
  assert.match(compare.err, /write: faultline compare <files\.\.> \[flags\]/)
  const misspelt = await faultline('benhc')
  assert.equal(misspelt.code, 2)
  assert.match(misspelt.err, /there is no command 'benhc'\nDid you mean bench\?/)
  const helped = await faultline('help', 'benhc')
  assert.match(helped.err, /there is no command 'benhc'\nDid you mean bench\?/)
})

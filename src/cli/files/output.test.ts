import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultline } from '../faultline.contract.ts'
import { canMount } from './mounting.contract.ts'
import { checkOutput, save } from './output.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-output-'))
test.after(() => rmSync(FOLDER, { recursive: true }))
const at = (name: string) => join(FOLDER, name)
const RESULT = '{"schema":"faultline.result","version":1}\n'
const refused = (says: RegExp) => ({ name: 'FaultlineError', kind: 'usage', message: says })

test('a folder, a link, a pipe or a device is refused, and left unchanged', async () => {
  execFileSync('mkfifo', [at('pipe')])
  writeFileSync(at('target'), RESULT)
  symlinkSync('target', at('link'))
  symlinkSync('nowhere', at('dangling'))
  mkdirSync(at('folder'))
  const server = createServer().listen(at('socket'))
  await new Promise((resolve) => server.once('listening', resolve))
  const wrong: [string, RegExp][] = [
    [at('pipe'), /pipe cannot be written: it is a pipe/],
    ['/dev/null', /it is a device/],
    [at('link'), /it is a link to target/],
    [at('dangling'), /it is a link to nowhere/],
    [at('folder'), /it is a folder/],
    [at('socket'), /it is a socket/],
    ['', /it is not the name of a file/],
    [at('target/x'), /a part of its path is not a folder/],
    [at('nowhere/x'), /there is no such file or folder/],
    [at(`${'x'.repeat(300)}`), /its name is too long/],
  ]
  for (const [path, says] of wrong) {
    for (const force of [false, true]) {
      assert.throws(() => checkOutput({ path, kind: 'result', force }), refused(says), path)
      assert.throws(() => save({ path, kind: 'result', force }, RESULT), refused(says), path)
    }
  }
  server.close()
  assert.equal(readFileSync(at('target'), 'utf8'), RESULT)
})

test('a file of another kind is replaced only with --force, one of the same kind always', () => {
  writeFileSync(at('notes'), 'mine')
  assert.throws(() => save({ path: at('notes'), kind: 'result' }, RESULT), refused(/is not a result of faultline/))
  assert.throws(() => save({ path: at('notes'), kind: 'export' }, 'x'), refused(/exists already/))
  assert.equal(readFileSync(at('notes'), 'utf8'), 'mine')
  save({ path: at('notes'), kind: 'result', force: true }, RESULT)
  save({ path: at('notes'), kind: 'result' }, `\ufeff${RESULT}`)
  save({ path: at('notes'), kind: 'result' }, RESULT)
  assert.equal(readFileSync(at('notes'), 'utf8'), RESULT)
})

test('an input is never replaced, under any of its names', () => {
  writeFileSync(at('input'), RESULT)
  linkSync(at('input'), at('other-name'))
  symlinkSync('input', at('input-link'))
  for (const input of [at('input'), at('other-name'), at('input-link'), join(FOLDER, '.', 'folder', '..', 'input')]) {
    const output = { path: at('input'), kind: 'result', force: true, inputs: [undefined, input] } as const
    assert.throws(() => checkOutput(output), refused(/is read by this very command/), input)
  }
})

test('a read-only file is not replaced, and a replaced file keeps its permissions', () => {
  writeFileSync(at('read-only'), RESULT)
  chmodSync(at('read-only'), 0o444)
  assert.throws(() => save({ path: at('read-only'), kind: 'result' }, RESULT), refused(/it is read-only/))
  writeFileSync(at('shared'), RESULT)
  chmodSync(at('shared'), 0o640)
  save({ path: at('shared'), kind: 'result' }, `${RESULT} `)
  assert.equal(statSync(at('shared')).mode & 0o777, 0o640)
})

test('a patch that does not fit on the disk is not written, and the exit code is not that of wrong use', {
  skip: !canMount(),
}, async () => {
  const disk = at('small')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', disk])
  try {
    writeFileSync(join(disk, 'fill'), ' '.repeat(4096))
    const { code, err } = await faultline('new', 'patch', join(disk, 'p.ts'), '--from', 'precheck')
    assert.equal(code, 3, err)
    assert.match(err, /p\.ts cannot be written: the disk is full/)
    assert.deepEqual(readdirSync(disk), ['fill'])
  } finally {
    execFileSync('umount', [disk])
  }
})

test('a full disk leaves only the earlier file, and the exit code is not that of wrong use', {
  skip: !canMount(),
}, () => {
  const disk = at('disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk])
  try {
    const path = join(disk, 'x.json')
    save({ path, kind: 'result' }, RESULT)
    const large = `${RESULT}${' '.repeat(1 << 17)}`
    assert.throws(() => save({ path, kind: 'result' }, large), { kind: 'run', message: /the disk is full/ })
    assert.equal(readFileSync(path, 'utf8'), RESULT)
    assert.deepEqual(readdirSync(disk), ['x.json'])
  } finally {
    execFileSync('umount', [disk])
  }
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { faultline } from './faultline.contract.ts'

const litmus = (name: string) => fileURLToPath(new URL(`../../litmus/${name}.litmus`, import.meta.url))

test('a litmus test is explored with each memory model, and says which outcomes there are', async () => {
  const { code, out } = await faultline('check', litmus('MP+poonceonces'))
  assert.equal(code, 0)
  assert.match(out, /^Observation MP\+poonceonces Never 0 3$/m)
  assert.match(out, /^ {2}\* 1:r0=1; 1:r1=0;$/m)
  assert.match(out, /^Observation MP\+poonceonces Sometimes 1 3$/m)
  assert.match(out, /load x is 0, and 1 in memory/)
  const relaxed = await faultline('check', litmus('MP+poonceonces'), '--memory', 'relaxed', '--json')
  const { name, observed } = JSON.parse(relaxed.out)
  assert.deepEqual([name, observed.length, observed[0].observation], ['MP+poonceonces', 1, 'Sometimes'])
})

test('an outcome that is Never with relaxed memory is printed with a note on what that model leaves out, and only such an outcome is', async () => {
  const left = /^relaxed has no load buffering, .*: the kernel may see what is Never here/gm
  for (const [name, memory, lines] of [
    ['LB+poonceonces', 'relaxed', 1],
    ['MP+poonceonces', 'relaxed', 0],
    ['LB+poonceonces', 'tso', 0],
  ] as const) {
    const { out } = await faultline('check', litmus(name), '--memory', memory)
    assert.equal([...out.matchAll(left)].length, lines, `${name} ${memory}: ${out}`)
  }
})

test('a claim that does not hold, an unreadable file and a missing file have different exit codes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-litmus-'))
  const file = join(folder, 'a.litmus')
  const check = async (claim: string) => {
    writeFileSync(file, `C a\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); }\n${claim}\n`)
    return faultline('check', file)
  }
  try {
    assert.equal((await check('forall (x=1)')).code, 0)
    assert.equal((await check('forall (x=2)')).code, 1)
    const unread = await check('forall (x=z)')
    assert.deepEqual([unread.code, unread.out], [2, ''])
    assert.match(unread.err, /a\.litmus:4:11: there is no shared variable 'z'/)
    const missing = await faultline('check', join(folder, 'b.litmus'))
    assert.equal(missing.code, 2)
    assert.match(missing.err, /b\.litmus cannot be read: there is no such file/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { setSpte, unmap } from './recorded.contract.ts'

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'faultline-'))
after(() => rmSync(folder, { recursive: true }))

const DATA = join(folder, 'trace.dat')
writeFileSync(DATA, Buffer.from('\x17\x08Dtracing7\0', 'latin1'))

/** `faultline trace` of the file where these programs are installed, and nothing else is. */
function traced(name: string, programs: Readonly<Record<string, string>>) {
  const bin = join(folder, name)
  mkdirSync(bin)
  for (const [program, text] of Object.entries(programs)) {
    writeFileSync(join(bin, program), `#!/bin/sh\n${text}\n`)
    chmodSync(join(bin, program), 0o755)
  }
  return spawnSync(process.execPath, [MAIN, 'trace', DATA, '--json'], { encoding: 'utf8', env: { PATH: bin } })
}

test('trace.dat is read through trace-cmd, and its messages are passed on', () => {
  const lines = `${setSpte(1, 1)}\n${unmap(2, 1, 1)}`
  const { status, stdout } = traced('good', { 'trace-cmd': `[ "$1 $2" = "report -t" ] && echo '${lines}'` })
  assert.equal(status, 0)
  assert.equal(JSON.parse(stdout).sptesSet, 1)
  const bad = traced('bad', { 'trace-cmd': 'echo "invalid file" >&2; exit 1' })
  assert.equal(bad.status, 2)
  assert.match(bad.stderr, /which trace-cmd cannot convert to text: invalid file/)
})

test('without trace-cmd the command that converts trace.dat to text is printed', () => {
  const { status, stderr } = traced('none', {})
  assert.equal(status, 2)
  assert.match(stderr, /trace-cmd, which converts it to text, is not installed here/)
  assert.match(stderr, /trace-cmd report -t -i .*trace\.dat > .*trace\.dat\.txt/)
})

test('a compressed file that was cut is called so, with the command that reads its beginning', () => {
  const cut = join(folder, 'my trace.zst')
  writeFileSync(cut, Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]))
  const bin = join(folder, 'cut')
  mkdirSync(bin)
  writeFileSync(join(bin, 'zstd'), '#!/bin/sh\necho "Read error (39) : premature end" >&2; exit 1\n')
  chmodSync(join(bin, 'zstd'), 0o755)
  const { stderr } = spawnSync(process.execPath, [MAIN, 'trace', cut], { encoding: 'utf8', env: { PATH: bin } })
  assert.match(
    stderr,
    /my trace\.zst is compressed with zstd, and ends too early\n.*zstd -dc '.*my trace\.zst' \| faultline trace -/,
  )
})

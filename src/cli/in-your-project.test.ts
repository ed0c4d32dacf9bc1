import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { faultline } from './faultline.contract.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = readFileSync(join(ROOT, 'docs', 'in-your-project.md'), 'utf8')

type Line = { readonly words: readonly string[]; readonly code: number }

/** The commands of the page after the installation, with the exit code that the page gives for each. */
const LINES = [...PAGE.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
  block!
    .trim()
    .split('\n')
    .map((line): Line => {
      const [command, comment = ''] = line.split(/\s+# /)
      return { words: command!.split(' '), code: Number(/ends with (\d+)/.exec(comment)?.[1] ?? 0) }
    }),
)

/** The same plan with less work. */
function less([command, ...rest]: readonly string[]): string[] {
  if (command === 'check' && !rest.includes('--configuration')) return ['--configuration', 'one-vcpu']
  if (command !== 'bench') return []
  if (rest.includes('altra-64')) return ['--duration', '0.3ms', '--draws', '0']
  return ['--variant', 'precheck', '--set', 'range=64', '--duration', '20ms', '--warmup', '10ms', '--trials', '1']
}

test('the commands of docs/in-your-project.md run one after the other in an empty folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-project-'))
  const before = process.cwd()
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(ROOT, join(folder, 'node_modules', 'faultline'))
  process.chdir(folder)
  assert.ok(LINES.length > 12, `${LINES.length}`)
  for (const { words, code } of LINES) {
    const [npx, name, ...rest] = words
    assert.deepEqual([npx, name], ['npx', 'faultline'])
    const ended = await faultline(...rest, ...less(rest))
    // A host that is too busy to measure has no answer, as the page says.
    const codes = rest.includes('--time-budget') ? [0, 4] : [code]
    assert.ok(codes.includes(ended.code), `${words.join(' ')} ended with ${ended.code}: ${ended.err}`)
  }
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const RESULTS = join(ROOT, 'results')

/** The commands of the README, except for the two that install and test, which run this test. */
const COMMANDS = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap(([, block]) => block!.trim().split('\n'))
  .map((line) => line.replace(/^npm ci && (?!npm test)/, ''))
  .filter((line) => !line.startsWith('npm ci'))

/** Every question of the headline is asked of both machines, with fewer trials than a reader has; a leak shows in the first. */
const ENV: Readonly<Record<string, Record<string, string>>> = {
  'npm run bench': { FAULTLINE_TRIALS: '1' },
  'npm run bench -- -s precheck --variant B-LEAK': { FAULTLINE_TRIALS: '2' },
}

function shell(command: string): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn('sh', ['-c', command], { cwd: ROOT, env: { ...process.env, ...ENV[command] } })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      out += chunk
    })
  }
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out })))
}

test('the README has commands', () => {
  assert.ok(COMMANDS.includes('npm run bench'))
  assert.ok(COMMANDS.length > 4)
})

for (const command of COMMANDS) {
  test(`the README's \`${command}\` does what it says`, async () => {
    const before = readdirSync(RESULTS)
    const { code, out } = await shell(command)
    for (const file of readdirSync(RESULTS)) if (!before.includes(file)) rmSync(join(RESULTS, file))
    // On threads a broken variant is run for its forbidden outcome; the checker expects it.
    assert.equal(code, /bench .*--variant B-/.test(command) ? 1 : 0, out)
    assert.doesNotMatch(out, /\n\s+at /)
  })
}

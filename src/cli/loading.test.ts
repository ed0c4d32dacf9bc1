import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { listing } from './listing.ts'
import { MAIN } from './running.contract.ts'
import { readListing } from './stored-listing.ts'

const LOG = `data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module'
  const hook = "export const load = (url, context, next) => { process._rawDebug(url); return next(url, context) }"
  register('data:text/javascript,' + encodeURIComponent(hook))
`)}`

/** Paths below `dist` of the modules that a command loads. */
function loadedBy(...words: readonly string[]): string[] {
  const { stderr, stdout } = spawnSync(process.execPath, ['--import', LOG, MAIN, ...words], { encoding: 'utf8' })
  assert.notEqual(stdout, '')
  return [...stderr.matchAll(/^file:.*\/dist\/(.*)$/gm)].map(([, path]) => path!)
}

const HEAVY = /^(direct\/)?(protocols|workers|checker|threads|bench\/scenarios)\//

for (const words of [['--help'], ['list'], ['list', 'precheck'], ['bench', '--help'], ['compare', '--help']]) {
  test(`faultline ${words.join(' ')} starts no worker, and loads no protocol`, () => {
    const loaded = loadedBy(...words)
    assert.ok(loaded.includes('cli/program.js'))
    assert.deepEqual(
      loaded.filter((path) => HEAVY.test(path) || path === 'cli/program-worker.js'),
      [],
    )
  })
}

test('what list prints is what the scenarios, machines and kernels declare', () => {
  assert.deepEqual(readListing(), JSON.parse(JSON.stringify(listing())))
})

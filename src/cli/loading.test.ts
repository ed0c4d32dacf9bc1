import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { listing } from './listing.ts'
import { MAIN } from './running.contract.ts'
import { readListing } from './stored-listing.ts'

const LOG = `data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module'
  const hook = "export const load = (url, context, next) => { process._rawDebug(url); return next(url, context) }"
  register('data:text/javascript,' + encodeURIComponent(hook))
`)}`

/** The files that a command loads, in all of its threads. */
function loadedBy(...words: readonly string[]): string[] {
  const { stderr, stdout } = spawnSync(process.execPath, ['--import', LOG, MAIN, ...words], { encoding: 'utf8' })
  assert.notEqual(stdout, '')
  return [...stderr.matchAll(/^file:\/\/(.*)$/gm)].map(([, path]) => path!)
}

/** The sources of the modules in a file of the program, by their paths below `src`. */
function sourcesIn(file: string): string[] {
  if (!/\/program\/(?!modules)[\w-]+\.js$/.test(file)) return []
  const { sources } = JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { readonly sources: readonly string[] }
  return sources.map((source) => source.replace(/^(\.\.\/)+src\//, ''))
}

const HEAVY = /^(protocols|workers|checker|threads|bench\/scenarios)\//

for (const words of [['--help'], ['list'], ['list', 'precheck'], ['bench', '--help'], ['compare', '--help']]) {
  test(`faultline ${words.join(' ')} starts no worker, and loads few files and no protocol`, () => {
    const loaded = loadedBy(...words)
    const sources = loaded.flatMap(sourcesIn)
    assert.ok(sources.includes('cli/program.ts'))
    assert.ok(loaded.length <= 10, loaded.join('\n'))
    assert.ok(!loaded.some((file) => file.includes('program-worker')))
    assert.deepEqual(
      sources.filter((path) => HEAVY.test(path)),
      [],
    )
  })
}

test('bench loads its modules in few files, and one of each', () => {
  const loaded = loadedBy('bench', '-s', 'precheck', '--layout')
  assert.ok(loaded.length <= 30, loaded.join('\n'))
  // The thread that writes has modules of its own.
  const sources = [...new Set(loaded)].flatMap(sourcesIn)
  assert.ok(sources.includes('protocols/catalogue.ts'))
  assert.equal(new Set(sources).size, sources.length)
})

test('a stack of the program leads to its sources', () => {
  const { stderr } = spawnSync(process.execPath, ['--enable-source-maps', MAIN, 'bench', '-s', 'nope'], {
    encoding: 'utf8',
    env: { ...process.env, FAULTLINE_TRACE: '1' },
  })
  const line = /\/src\/cli\/plan\/questions\.ts:(\d+)/.exec(stderr)?.[1]
  const source = readFileSync(new URL('../../src/cli/plan/questions.ts', import.meta.url), 'utf8')
  assert.match(source.split('\n')[Number(line) - 1] ?? stderr, /new FaultlineError/)
})

test('what list prints is what the scenarios, machines and kernels declare', () => {
  assert.deepEqual(readListing(), JSON.parse(JSON.stringify(listing())))
})

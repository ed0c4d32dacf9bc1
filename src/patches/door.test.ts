import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { filesIn, isForTests } from '../builds/modules.ts'

const DIST = fileURLToPath(new URL('..', import.meta.url))

/** What a patch has no use for: lists of what there is, and what runs record into. */
const NOT_FOR_PATCHES =
  /^(protocols\/(versions|variants|broken)\/|protocols\/(index|catalogue|on-kernel)\.js|shared-memory\/(index|records)\.js)/

test('faultline/kvm has every module of the protocols and of shared memory: a new one is a line in protocols/index.ts', () => {
  const door = readFileSync(fileURLToPath(new URL('../protocols/index.js', import.meta.url)), 'utf8')
  const there = [...door.matchAll(/^export \* from '(.+)';$/gm)].map(([, from = '']) =>
    from.startsWith('../') ? from.slice('../'.length) : `protocols/${from.slice('./'.length)}`,
  )
  const modules = ['protocols', 'shared-memory']
    .flatMap((folder) => filesIn(DIST, folder))
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.js') && !isForTests(name) && !NOT_FOR_PATCHES.test(name))
  assert.deepEqual(
    modules.filter((name) => !there.includes(name)),
    [],
  )
})

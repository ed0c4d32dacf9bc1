import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertSound, faultline, uncaught } from './running.contract.ts'

test('conversions in pieces that cut huge pages keep every property on threads', async () => {
  const load = ['--set', 'range=1024', '--set', 'convert-pages=300', '--set', 'convert-pause-us=0']
  const brief = ['--trials', '1', '--duration', '60ms', '--warmup', '30ms', '--out', 'x.json']
  const { code, out, err } = await faultline(['bench', '-s', 'attributes', '--variant', 'convert', ...load, ...brief])
  assertSound({ code, out, err })
  assert.doesNotMatch(out, /FORBIDDEN/)
})

test('huge pages that are mapped whole while attributes change are caught on threads', async () => {
  assert.deepEqual(await uncaught('attributes'), [])
})

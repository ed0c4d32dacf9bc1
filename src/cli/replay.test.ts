import assert from 'node:assert/strict'
import test from 'node:test'
import { ReplayError } from '../errors/faultline-error.ts'
import { tracePath } from '../replay/recorded.contract.ts'
import { readReplay } from './replay.ts'
import { faultline } from './running.contract.ts'

const io = { stdin: () => assert.fail('stdin is not read') }
const few = { trace: tracePath('slots-few.trace.gz'), memslots: tracePath('slots-few.json'), speed: '1' }
const mixture = tracePath('mixture.trace.gz')

test('with several recordings their times are pooled, and the output says so', async () => {
  const own = await readReplay(few, io)
  const pooled = await readReplay({ ...few, times: [mixture] }, io)
  // slots-few has no invalidation of few pages, so it does not tell how long a flush takes; mixture does.
  assert.equal(own.costs.ipi_delivery, undefined)
  assert.ok(pooled.costs.ipi_delivery! > 5000)
  assert.deepEqual([pooled.plays, pooled.kernel], [own.plays, own.kernel])
  assert.match(pooled.says.join(), /median of those of 2 recordings: its own and \S*mixture\.trace\.gz/)
  assert.doesNotMatch(own.says.join(), /median of those/)
})

test('a file among further recordings that is not one is refused by name', async () => {
  const error: unknown = await readReplay({ ...few, times: ['nowhere.trace.gz'] }, io).catch(
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ReplayError)
  assert.match(error.message, /nowhere\.trace\.gz/)
})

test('further recordings without one to play are refused', async () => {
  const { code, err } = await faultline(['bench', '-s', 'precheck', '--times', mixture])
  assert.equal(code, 2)
  assert.match(err, /--times names recordings .* no recording is replayed\n.*--trace FILE/)
})

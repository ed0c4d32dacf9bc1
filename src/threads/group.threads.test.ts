import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Control } from './control.ts'
import { Crew, type Member } from './crew.contract.ts'
import { WorkerGroup } from './group.ts'

const SUBJECT = { kind: 'ticket' } as const

/** How each worker ended: `fulfilled`, or the name and message of what it failed with. */
async function endings(crew: Crew): Promise<string[]> {
  const settled = await crew.settled
  return settled.map((outcome) => (outcome.status === 'fulfilled' ? 'fulfilled' : `${outcome.reason}`))
}

const ABORTED = 'RunAborted: the run was aborted'

test('every worker ends well when it is told to stop', async () => {
  await using crew = await Crew.of(SUBJECT, 3)
  await crew.settle()
  assert.deepEqual(await endings(crew), ['fulfilled', 'fulfilled', 'fulfilled'])
})

test('a worker that throws releases the others, and the others are not reported as failed', async () => {
  await using crew = await Crew.of(SUBJECT, 3)
  const [owner, waiter, culprit] = crew.members as [Member, Member, Member]
  await owner.do('acquire')
  await waiter.queue('acquire')
  culprit.begin('drill.throw')
  assert.deepEqual(await endings(crew), [ABORTED, ABORTED, 'Error: as it was told'])
})

test('a worker that exits releases the others', async () => {
  await using crew = await Crew.of(SUBJECT, 3)
  const [owner, waiter, culprit] = crew.members as [Member, Member, Member]
  await owner.do('acquire')
  await waiter.queue('acquire')
  culprit.begin('drill.exit')
  const [first, second, third] = await endings(crew)
  assert.deepEqual([first, second], [ABORTED, ABORTED])
  assert.match(third!, /exited with code: 7/)
})

test('a worker that loops for ever is ended when the run is aborted', async () => {
  await using crew = await Crew.of(SUBJECT, 2)
  const [other, culprit] = crew.members as [Member, Member]
  await other.do('acquire')
  culprit.begin('drill.loop')
  await crew.until(() => culprit.writes === 1, 'the loop to begin')
  crew.control.abort()
  const settled = await crew.settled
  assert.deepEqual(await endings(crew), [ABORTED, 'AbortError: The task has been aborted'])
  assert.match(`${(settled[1] as PromiseRejectedResult).reason.cause}`, /did not stop on request/)
})

test('a worker that never arrives does not keep the others at the barrier when the run is aborted', async () => {
  await using crew = new Crew(SUBJECT, 3, 0, [1])
  await crew.until(() => crew.control.arrived === 2, 'two workers to arrive')
  crew.control.abort()
  assert.deepEqual(await endings(crew), [ABORTED, 'AbortError: The task has been aborted', ABORTED])
})

test('a task that no worker knows fails for all, and the group does not wait for it', async () => {
  const group = new WorkerGroup(new URL('./crew-worker.contract.js', import.meta.url), 2)
  try {
    const settled = await group.run('dance', [0, 1], new Control())
    for (const outcome of settled) assert.match(`${(outcome as PromiseRejectedResult).reason}`, /No handler function/)
  } finally {
    await group.destroy()
  }
})

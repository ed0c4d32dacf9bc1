import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadlockOf, type HeldLock, type LockStanding } from './deadlock.ts'
import { EXCLUSIVE, RECURSIVE, SHARED } from './graph.ts'

const A = 0
const B = 1
const standing = (cpu: number, holds: readonly HeldLock[], wants?: HeldLock): LockStanding => ({ cpu, holds, wants })
const alone = (lock: number): HeldLock => ({ lock, mode: EXCLUSIVE })
const shared = (lock: number): HeldLock => ({ lock, mode: SHARED })
const waiters = (...standings: LockStanding[]) => deadlockOf(standings)?.map(({ waiter }) => waiter)

test('two CPUs that each hold what the other wants wait for ever', () => {
  assert.deepEqual(waiters(standing(0, [alone(A)], alone(B)), standing(1, [alone(B)], alone(A))), [0, 1])
})

test('a CPU that waits for a running one does not wait for ever', () => {
  assert.equal(waiters(standing(0, [alone(A)], alone(B)), standing(1, [alone(B)])), undefined)
})

test('a CPU that wants what it holds waits for itself', () => {
  assert.deepEqual(waiters(standing(0, [alone(A)], alone(A))), [0])
})

test('a fair reader waits behind the writer that queues for a reader', () => {
  const [first, second, writer] = [
    standing(0, [shared(A)], alone(B)),
    standing(1, [alone(B)], shared(A)),
    standing(2, [], alone(A)),
  ]
  assert.deepEqual(waiters(first, second, writer), [0, 1, 2])
  assert.equal(deadlockOf([first, second, writer])![1]!.heldAs, undefined)
})

test('a recursive reader does not', () => {
  const recursive = { lock: A, mode: RECURSIVE } as const
  assert.equal(
    waiters(standing(0, [recursive], alone(B)), standing(1, [alone(B)], recursive), standing(2, [], alone(A))),
    undefined,
  )
})

test('readers do not wait for each other', () => {
  assert.equal(waiters(standing(0, [shared(A)], alone(B)), standing(1, [alone(B)], shared(A))), undefined)
})

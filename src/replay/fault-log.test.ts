import assert from 'node:assert/strict'
import test from 'node:test'
import { FaultLog, InstallLog } from './fault-log.ts'

const AT = 0x1000

/** Adds installs given as [sptep, isAccessed], and returns which of them are faults: their gfns, which count from 0. */
function faultsOf(...installs: readonly (readonly [number, boolean])[]): number[] {
  const log = new InstallLog(true)
  for (const [gfn, [sptep, isAccessed]] of installs.entries()) log.add(gfn * 1e6, gfn, sptep, isAccessed)
  const { gfns } = log.faults.stream!
  assert.equal(log.count, installs.length)
  return Array.from({ length: gfns.length }, (_, index) => gfns.at(index))
}

test('neighbours that were mapped along belong to the fault before them, however late they come', () => {
  assert.deepEqual(faultsOf([AT + 8, true], [AT, false], [AT + 56, false]), [0])
})

test('an SPTE with the accessed bit is a fault of its own, next to another one or not', () => {
  assert.deepEqual(faultsOf([AT, true], [AT + 8, true], [AT + 16, true]), [0, 1, 2])
})

test('an SPTE without the accessed bit is a fault if it lies elsewhere, and leads no neighbours', () => {
  assert.deepEqual(faultsOf([AT, true], [AT + 64, false], [AT + 72, false], [AT + 8, false]), [0, 1, 2, 3])
})

test('without accessed bits nothing is folded', () => {
  assert.deepEqual(faultsOf([AT, false], [AT + 8, false]), [0, 1])
})

test('a gfn that does not fit is counted and not kept', () => {
  const log = new FaultLog(true)
  log.add(0, 2 ** 32)
  log.add(1, 2 ** 32 - 1)
  assert.deepEqual([log.count, log.beyond, log.stream!.gfns.length], [2, 1, 1])
})

test('a log that is not kept counts all the same', () => {
  const log = new FaultLog(false)
  log.add(0, 1)
  assert.equal(log.count, 1)
  assert.equal(log.stream, undefined)
})

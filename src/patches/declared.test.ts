import assert from 'node:assert/strict'
import { test } from 'node:test'
import { V6_8 } from '../protocols/kernels.ts'
import { brings, patch } from '../protocols/patch.ts'
import type { RwLock } from '../shared-memory/locks/lock.ts'
import { QRwLock } from '../shared-memory/locks/qrwlock.ts'
import { declaredIn } from './declared.ts'

const withLock = (mmuLock: NonNullable<Parameters<typeof brings>[0]['mmuLock']>) =>
  declaredIn({ default: patch({ name: 'own', on: V6_8, says: '', replaces: {}, brings: brings({ mmuLock }) }) })

test('a lock for mmu_lock that lacks a method or an id is refused before a trial misses it', () => {
  assert.equal(withLock((place) => new QRwLock(place, 2)).problem, undefined)
  const lacking = (name: keyof RwLock) =>
    withLock((place) => Object.assign(Object.create(new QRwLock(place, 2)) as RwLock, { [name]: undefined })).problem
  for (const name of ['tryReadLock', 'tryWriteLock', 'isContended', 'readUnlock'] as const) {
    assert.equal(lacking(name), `the lock that it brings for mmu_lock has no *${name}(cpu)`)
  }
  assert.match(lacking('id')!, /has no id: `this\.id = place\.lock\('rwlock'\)`/)
  assert.match(withLock(() => undefined as never).problem!, /has no \*readLock\(cpu\), no /)
})

test('a function that is replaced by nothing is named, with what to write instead', () => {
  const replaces = { rwlockNeedbreak: undefined } as never
  assert.deepEqual(declaredIn({ default: patch({ name: 'own', on: V6_8, says: '', replaces }) }), {
    problem:
      'rwlockNeedbreak is replaced by nothing: leave it out of `replaces`, or write a function that does nothing',
    of: 'rwlockNeedbreak',
  })
})

// Takes one lock over and over, as locks.c does: by hand, or ours over either kind of words. One lock to an isolate.
import { parentPort, workerData } from 'node:worker_threads'
import { compileFor } from '../../dist/threads/compile-for.js'
import { buildFor, cpuFor } from '../../dist/threads/for-words.js'
import { placePrimitive } from '../../dist/threads/primitives-worker.js'
import { readSchedstat } from '../../dist/threads/schedstat.js'
import { BY_HAND } from './by-hand.js'
import { ARRIVED, BATCH, COUNT, MOST_BATCHES, PHASE, READY, TIME, WARM } from './phases.js'

const { way, lock: name, id, workers, inside, outside, memory, guarded, control } = workerData
const { words } = memory
const last = guarded + 1
// Where several workers use a sequence counter, the first one writes.
const isWriter = name === 'seqcount-read' && workers > 1 && id === 0
const excludes = isWriter || !name.endsWith('read')

const lock = way === 'by hand' ? BY_HAND[name](words, 0, id) : await ours()
const cpu = way === 'by hand' ? undefined : cpuFor(id, memory)
if (cpu !== undefined) compileFor({ lock }, cpu, memory)
const { acquire, release } = sides()

async function ours() {
  const library = await import(`../../dist/${buildFor(memory)}/shared-memory/index.js`)
  return placePrimitive(library, name, workers).lock
}

/** What begins and what ends a turn at the lock. */
function sides() {
  if (isWriter) return { acquire: () => lock.writeBegin(cpu), release: () => lock.writeEnd(cpu) }
  if (name === 'seqcount-read') return { acquire: readSeq, release: () => {} }
  if (name === 'qrwlock-read') return { acquire: () => lock.readLock(cpu), release: () => lock.readUnlock(cpu) }
  if (name === 'qrwlock-write') return { acquire: () => lock.writeLock(cpu), release: () => lock.writeUnlock(cpu) }
  return { acquire: () => lock.acquire(cpu), release: () => lock.release(cpu) }
}

let sink = 0
function readSeq() {
  let start
  do {
    start = lock.readBegin(cpu)
    sink = words[guarded]
  } while (lock.readRetry(cpu, start))
}

let handOvers = 0
let additions = 0
let longestNs = 0
const batchNs = []

function alone() {
  const began = performance.now()
  for (let i = 0; i < BATCH; i += 1) {
    acquire()
    if (excludes) words[guarded] += 1
    release()
  }
  if (excludes) additions += BATCH
  if (batchNs.length < MOST_BATCHES) batchNs.push((performance.now() - began) * 1e6)
}

// `| 0`: else V8 keeps the value as a double, and a turn takes four times as long as in C.
function turn(begin, turns) {
  let value = begin | 0
  for (let left = turns; left > 0; left -= 1) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0
  return value
}

function inTheSection(begin) {
  const value = turn(begin, inside)
  if (!excludes) return value
  additions += 1
  words[guarded] += 1
  if (words[last] === id + 1) return value
  words[last] = id + 1
  handOvers += 1
  return value
}

const outOfIt = (value) => turn(value, outside === 0 ? 0 : (value >>> 8) % (2 * outside))

function once(begin) {
  acquire()
  const value = inTheSection(begin)
  release()
  return outOfIt(value)
}

function onceTimed(begin) {
  const before = performance.now()
  acquire()
  longestNs = Math.max(longestNs, (performance.now() - before) * 1e6)
  const value = inTheSection(begin)
  release()
  return outOfIt(value)
}

const isIn = (phase) => Atomics.load(control, PHASE) === phase
const isAlone = inside + outside === 0
let value = id + 1
let operations = 0

Atomics.add(control, ARRIVED, 1)
while (isIn(READY)) Atomics.wait(control, PHASE, READY, 100)
while (isIn(WARM)) {
  if (isAlone) alone()
  else value = once(value)
}
handOvers = 0
batchNs.length = 0
const began = performance.now()
const cpuBegan = readSchedstat().runNs
do {
  if (isAlone) alone()
  else value = once(value)
  operations += isAlone ? BATCH : 1
} while (isIn(COUNT))
const ns = (performance.now() - began) * 1e6
const cpuNs = readSchedstat().runNs - cpuBegan
const counted = handOvers
while (isIn(TIME)) value = onceTimed(value)

batchNs.sort((a, b) => a - b)
const eachNs = isAlone ? batchNs[batchNs.length >> 2] / BATCH : 0
parentPort.postMessage({ operations, ns, handOvers: counted, longestNs, eachNs, cpuNs, additions, sink })

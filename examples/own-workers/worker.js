import { availableParallelism } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { Records, SPIN_LOOKS, SPIN_LOOKS_CROWDED, ThreadCpu } from 'faultline/threads'
import { ACCOUNTS, AUDITS, placeBank, START_BALANCE, statisticsOf, TELLERS, TRANSFERS, WORKERS } from './bank.js'

/** @type {{ id: number, memory: import('faultline/threads').Memory, buffers: ArrayBufferLike[] }} */
const { id, memory, buffers } = workerData
const { place, lock, accountAt } = placeBank()

const cpu = new ThreadCpu(id, memory, WORKERS > availableParallelism() ? SPIN_LOOKS_CROWDED : SPIN_LOOKS)
cpu.keepStatistics(new Records(statisticsOf(place), buffers).of(id))

/** Moves money from one account to the next; both sides of it are seen by others, or none. */
function transfer(/** @type {number} */ index, /** @type {number} */ amount) {
  const [from, to] = [accountAt(index % ACCOUNTS), accountAt((index + 1) % ACCOUNTS)]
  lock.writeLock(cpu)
  cpu.write(from, cpu.read(from) - amount)
  cpu.write(to, cpu.read(to) + amount)
  lock.writeUnlock(cpu)
}

/** What is in all accounts together, at one moment. */
function audit() {
  let sum = 0
  lock.readLock(cpu)
  for (let index = 0; index < ACCOUNTS; index += 1) sum += cpu.read(accountAt(index))
  lock.readUnlock(cpu)
  return sum
}

let wrong = 0
if (id < TELLERS) {
  for (let index = 0; index < TRANSFERS; index += 1) transfer(index, 1 + (index % 7))
} else {
  for (let index = 0; index < AUDITS; index += 1) wrong += audit() === ACCOUNTS * START_BALANCE ? 0 : 1
}
parentPort?.postMessage({ wrong })

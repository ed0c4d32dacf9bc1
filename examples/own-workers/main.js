// Tellers move money between accounts in shared memory while auditors add it up: node examples/own-workers/main.js
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { layoutText, READ, WRITE } from 'faultline/shared-memory'
import { allocate, Records } from 'faultline/threads'
import { ACCOUNTS, AUDITORS, AUDITS, placeBank, START_BALANCE, statisticsOf, WORKERS } from './bank.js'

const { place, lock, accountAt } = placeBank()
const memory = allocate(place)
for (let index = 0; index < ACCOUNTS; index += 1) memory.words[accountAt(index)] = START_BALANCE

const shape = statisticsOf(place)
const buffers = Records.buffers(shape, SharedArrayBuffer)
const answers = Array.from({ length: WORKERS }, async (_, id) => {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { id, memory, buffers } })
  const [answer] = await once(worker, 'message')
  return /** @type {{ wrong: number }} */ (answer).wrong
})
const wrong = (await Promise.all(answers)).reduce((sum, each) => sum + each)
console.log(`${wrong} of ${AUDITORS * AUDITS} audits were wrong`)

const records = new Records(shape, buffers)
for (const [side, does] of /** @type {const} */ ([
  [READ, 'audits'],
  [WRITE, 'transfers'],
])) {
  const each = Array.from({ length: WORKERS }, (_, id) => records.of(id).lock(lock.id, side))
  const waited = each.reduce((sum, { contended }) => sum + contended, 0)
  const longestUs = Math.max(...each.map(({ waitMaxNs }) => waitMaxNs)) / 1000
  const acquisitions = each.reduce((sum, record) => sum + record.acquisitions, 0)
  console.log(`${acquisitions} ${does}: ${waited} had to wait, the longest ${longestUs.toFixed(1)} us`)
}

if (process.argv.includes('--layout')) console.log(layoutText(place))

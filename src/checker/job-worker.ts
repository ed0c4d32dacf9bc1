import { parentPort } from 'node:worker_threads'
import { checkWith, loadChecks } from './load-checks.ts'
import { type Job, runJob } from './run-check.ts'

const TELL_EVERY_MS = 250

// A thread that explores one thing after the other, as they are sent.
const checks = await loadChecks()
parentPort!.on('message', async (job: Job) => {
  try {
    const ours = checks.find(({ name }) => name === job.check)!
    const { check } = await checkWith(ours, job)
    let toldMs = 0
    const report = runJob(check, job, (counts) => {
      const nowMs = performance.now()
      if (nowMs - toldMs < TELL_EVERY_MS) return
      toldMs = nowMs
      parentPort!.postMessage({ counts: { ...counts } })
    })
    parentPort!.postMessage({ report })
  } catch (error) {
    parentPort!.postMessage({ failed: error })
  }
})

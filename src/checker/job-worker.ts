import { parentPort } from 'node:worker_threads'
import { loadChecks } from './load-checks.ts'
import { type Job, runJob } from './run-check.ts'

// A thread that explores one thing after the other, as they are sent.
const checks = await loadChecks()
parentPort!.on('message', (job: Job) => {
  const check = checks.find(({ name }) => name === job.check)!
  try {
    const report = runJob(check, job, (counts) => parentPort!.postMessage({ counts: { ...counts } }))
    parentPort!.postMessage({ report })
  } catch (error) {
    parentPort!.postMessage({ failed: error instanceof Error ? error.message : String(error) })
  }
})

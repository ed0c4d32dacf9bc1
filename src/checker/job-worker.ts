import { parentPort } from 'node:worker_threads'
import { checkWith, loadChecks } from './load-checks.ts'
import { type Link, Side } from './pair/side.ts'
import { helpWith, type Job, runJob } from './run-check.ts'

const TELL_EVERY_MS = 250

/** To be explored; or already explored by the thread at the other end of the link, which is to be helped. */
export type Asked = { readonly job: Job; readonly link: Link; readonly helps: boolean }

// A thread that explores one thing after the other, as they are sent.
const checks = await loadChecks()
parentPort!.on('message', async ({ job, link, helps }: Asked) => {
  try {
    const ours = checks.find(({ name }) => name === job.check)!
    const { check } = await checkWith(ours, job)
    if (helps) {
      helpWith(check, job, link)
      parentPort!.postMessage({ hasHelped: true })
    } else {
      parentPort!.postMessage({ report: explored(check, job, link) })
    }
  } catch (error) {
    if (helps) Side.lose(link.control)
    parentPort!.postMessage({ failed: error })
  } finally {
    link.port.close()
  }
})

function explored(check: Parameters<typeof runJob>[0], job: Job, link: Link) {
  let toldMs = 0
  const tell = (counts: object) => {
    const nowMs = performance.now()
    if (nowMs - toldMs < TELL_EVERY_MS) return
    toldMs = nowMs
    parentPort!.postMessage({ counts: { ...counts } })
  }
  return runJob(check, job, tell, link)
}

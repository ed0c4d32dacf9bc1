// Holds exploration by two threads to exploration by one: the same verdict everywhere, and of a PASS the same executions.
//
//   npm run two-threads [-- --check NAME] [--memory MODEL] [--states N] [--mutants N] [--seed N]
//
// Every variant of every check in each of its configurations, then N mutants of the upstream protocols. The second thread is let in at the
// first state, and what few preemptions would find is left to be found by both. A configuration with more states than --states (200,000)
// is named and left out.

import { parseArgs } from 'node:util'
import { MessageChannel, parentPort, Worker } from 'node:worker_threads'

const dist = new URL('../dist/', import.meta.url)
const load = (module) => import(new URL(module, dist).href)
const { newControl, Side } = await load('checker/pair/side.js')
const { exploreByTwo, exploreProgram } = await load('checker/explore.js')
const { LIMITS } = await load('checker/limits.js')
const { jobsOf } = await load('checker/run-check.js')
const TRACED = new URL('traced/checker/checks/all.js', dist).href

/** Where a mutant is asked for. */
const MUTANT_STATES = 10_000
const PLACES = 2

const programOf = async ({ checks, check, variant, configuration }) =>
  (await import(checks)).CHECKS.find(({ name }) => name === check).program(variant, configuration)

const said = ({ verdict, because, findings, counts }) =>
  `${verdict} ${because ?? ''} ${findings.map(({ name }) => name).join()} (${counts.executions} executions)`

if (parentPort !== null) {
  const { help } = await load('checker/pair/help.js')
  parentPort.on('message', async ({ place, link }) => {
    try {
      help(await programOf(place), place.limits, link)
    } catch (error) {
      console.error(`the helper failed: ${error.message}`)
      Side.lose(link.control)
    }
  })
} else await main()

async function main() {
  const { values } = parseArgs({
    options: {
      check: { type: 'string' },
      memory: { type: 'string', default: 'sc' },
      states: { type: 'string', default: '200000' },
      mutants: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
    },
  })
  const states = Number(values.states)
  const { loadChecks } = await load('checker/load-checks.js')
  const checks = (await loadChecks()).filter(({ name }) => values.check === undefined || name === values.check)
  const helper = new Worker(new URL(import.meta.url))
  const { patience: _, ...asked } = { ...LIMITS, memory: values.memory, preemptions: -1, states, seconds: 1e6 }
  const tally = { same: 0, large: 0, differ: 0, states: 0, statesOfTwo: 0 }
  for (const check of checks) {
    for (const job of jobsOf(check, asked, {})) {
      await compare(helper, { ...job, checks: TRACED }, `${check.name} ${job.variant} in ${job.configuration}`, tally)
    }
  }
  if (values.mutants !== '0') await compareMutants(helper, checks, Number(values.mutants), Number(values.seed), tally)
  console.log(
    `${tally.same} explorations came to the same, ${tally.differ} did not, ${tally.large} have more than ${states} states`,
  )
  console.log(`those that PASS have ${tally.states} states, and ${tally.statesOfTwo} by two`)
  await helper.terminate()
  if (tally.differ > 0) process.exitCode = 1
}

/** Explores a place both ways. What one thread came to. */
async function compare(helper, place, name, tally) {
  const { limits } = place
  const program = await programOf(place)
  const one = cameTo(() => exploreProgram(program, limits))
  if (one.because === 'states') {
    tally.large += 1
    console.log(`${name}: more than ${limits.states} states`)
    return one
  }
  const { port1, port2 } = new MessageChannel()
  const link = { port: port1, control: newControl() }
  helper.postMessage({ place, link: { ...link, port: port2 } }, [port2])
  const side = new Side(link, 0)
  side.waitUntil(() => side.isReady)
  const two = cameTo(() => exploreByTwo(program, limits, link))
  const isSame =
    one.verdict === two.verdict && (one.verdict !== 'PASS' || one.counts.executions === two.counts.executions)
  tally[isSame ? 'same' : 'differ'] += 1
  if (one.verdict === 'PASS' && isSame) {
    tally.states += one.counts.states
    tally.statesOfTwo += two.counts.states
  }
  if (!isSame) console.log(`${name}: ${said(one)} and ${said(two)}`)
  return one
}

/** A program that breaks the rules is refused by either. */
function cameTo(explore) {
  try {
    return explore()
  } catch ({ message }) {
    return { verdict: 'refused', because: null, findings: [{ name: message }], counts: { executions: 0 } }
  }
}

/** Mutants chosen by chance, each where the changed step is taken, until one thread notices. */
async function compareMutants(helper, checks, count, seed, tally) {
  const { survey, mutationsIn } = await load('checker/mutants/score.js')
  const { MutantBuilds } = await load('checker/mutants/mutant-builds.js')
  const { signal } = new AbortController()
  const surveyed = []
  for (const check of checks) {
    for (const { name } of check.variants.filter(({ kind }) => kind === 'good').slice(0, 1)) {
      surveyed.push(...(await survey(check, name, MUTANT_STATES, undefined, 'sc', signal)))
    }
  }
  const all = mutationsIn(surveyed).filter(({ kind }) => kind === 'dropped' || kind === 'unasked')
  const builds = new MutantBuilds()
  let noticed = 0
  for (const mutation of chosen(all, count, seed)) {
    const { checks: module, remove } = builds.build(mutation)
    const isTaken = (site) => (mutation.site.endsWith(':') ? site.startsWith(mutation.site) : site === mutation.site)
    const places = surveyed.filter(({ visited }) => visited.some(isTaken)).sort((a, b) => a.states - b.states)
    for (const { visited: _, states: __, ...place } of places.slice(0, PLACES)) {
      const name = `${mutation.file} ${mutation.in} ${mutation.code} ${mutation.kind} in ${place.configuration}`
      const { verdict } = await compare(helper, { ...place, checks: module }, name, tally)
      if (verdict === 'PASS') continue
      noticed += 1
      break
    }
    remove()
  }
  builds.close()
  console.log(`mutants: ${noticed} of ${Math.min(count, all.length)} are noticed`)
}

/** So many of them, by a shuffle that the seed decides. */
function chosen(all, count, seed) {
  const left = [...all]
  let state = seed
  const next = (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return Array.from({ length: Math.min(count, all.length) }, () => left.splice(next(left.length), 1)[0])
}

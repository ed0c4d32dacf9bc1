// Holds replays against the recordings that they are of: what a kernel did is known, so what a replay says of it is right or wrong.
//
//   npm run cross-validate [-- FILE.trace.gz...] > results/cross-validation.md
//
// Each recording (those of traces/, unless others are given; FILE.json holds its memslots) is played with the times that it tells
// itself, with those of its first half (and its second half is predicted), with those of all others together, without it and with it,
// with those of each other recording, and on machines that know nothing of it. Every figure is a factor: the replay over the kernel.
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

const dist = new URL('../dist/', import.meta.url)
const load = (module) => import(new URL(module, dist))
const { chooseMemslots } = await load('replay/infer-memslots.js')
const { readMemslots } = await load('replay/read-memslots.js')
const { readRecording } = await load('replay/read-recording.js')
const { pooledTimes } = await load('replay/pooled-times.js')
const { recordedWaits } = await load('replay/recorded-waits.js')
const { workloadOf } = await load('replay/workload.js')
const { predict } = await load('bench/prediction.js')

const PLAIN = { speed: 1, notifiers: 4 }
/** With fewer waits than these a factor is chance. */
const FEW_WAITS = 20
const TRACES = new URL('../traces/', import.meta.url).pathname
const asked = process.argv.slice(2)
const files =
  asked.length > 0
    ? asked
    : readdirSync(TRACES)
        .filter((file) => file.endsWith('.trace.gz'))
        .map((file) => join(TRACES, file))

async function recordingOf(file) {
  const recording = await readRecording(file, { keepStreams: true, stdin: () => process.stdin })
  const known = chooseMemslots(recording, await readMemslots(file.replace(/\.trace\.gz$/, '.json')))
  const own = workloadOf(recording, known, PLAIN)
  const halfNs = own.recordedNs / 2
  const vcpus = own.vcpus.map(({ pid }) => pid)
  const kernel = (fromNs) => recordedWaits(recording.moments, vcpus, own.mmuLock?.rwlock ?? 0, fromNs)
  const firstTimes = workloadOf(recording, known, { ...PLAIN, learnUntilNs: halfNs }).times
  return {
    name: basename(file, '.trace.gz'),
    recording,
    known,
    own,
    firstTimes,
    halfNs,
    whole: kernel(0),
    second: kernel(halfNs),
  }
}

const share = ({ waits, faults }) => waits / faults
const factor = (ours, kernels) => (kernels > 0 ? ours / kernels : undefined)
const missesOf = (ours, kernel) =>
  kernel.waits < FEW_WAITS
    ? {}
    : {
        share: factor(share(ours), share(kernel)),
        total: factor(ours.totalNs, kernel.totalNs),
        median: factor(ours.medianNs, kernel.medianNs),
        others: kernel.otherWaits < FEW_WAITS ? undefined : factor(ours.otherWaits, kernel.otherWaits),
        played: ours.faults / kernel.faults,
      }

const cell = (value) => (value === undefined ? '-' : value >= 100 ? value.toFixed(0) : value.toPrecision(2))
const row = (cells) => `| ${cells.join(' | ')} |`
const table = (header, rows) => [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n')
const isNear = (value, by) => value !== undefined && value <= by && value >= 1 / by
const near = (rows, name, by = 2) => {
  const known = rows.map(({ misses }) => misses[name]).filter((value) => value !== undefined)
  return `${known.filter((value) => isNear(value, by)).length} of ${known.length}`
}

const recordings = []
for (const file of files) recordings.push(await recordingOf(file))

const RECORDED = { machine: 'recorded-host', hasRecordedCosts: true, fromNs: 0 }
const rowsOf = async (play) => {
  const rows = []
  for (const each of recordings) rows.push({ name: each.name, misses: await play(each) })
  return rows
}
const own = await rowsOf(async ({ own, whole }) => missesOf(await predict(own, RECORDED), whole))
const halves = await rowsOf(async ({ recording, known, halfNs, second }) => {
  const learned = workloadOf(recording, known, { ...PLAIN, learnUntilNs: halfNs })
  return missesOf(await predict(learned, { ...RECORDED, fromNs: halfNs }), second)
})
const others = await rowsOf(async ({ name, recording, known, whole }) => {
  const times = pooledTimes(recordings.filter((other) => other.name !== name).map((other) => other.own.times))
  return missesOf(await predict(workloadOf(recording, known, { ...PLAIN, times }), RECORDED), whole)
})
const together = await rowsOf(async ({ recording, known, whole }) => {
  const times = pooledTimes(recordings.map((each) => each.own.times))
  return missesOf(await predict(workloadOf(recording, known, { ...PLAIN, times }), RECORDED), whole)
})
const general = await rowsOf(async ({ own, whole }) =>
  missesOf(await predict(own, { machine: 'epyc-milan-2s', hasRecordedCosts: false, fromNs: 0 }), whole),
)
const pairs = []
const withFirst = []
for (const from of recordings) {
  for (const to of recordings) {
    if (from === to) continue
    const { times } = from.own
    const played = async (changed) => {
      const workload = workloadOf(to.recording, to.known, { ...PLAIN, times: { ...times, ...changed } })
      return missesOf(await predict(workload, RECORDED), to.whole)
    }
    const misses = await played({})
    // What a miss comes from: with which one of the played recording's own times it is gone.
    const { flush, toSpteNs, toReleaseNs } = to.own.times
    const filled = times.flush === null ? await played({ flush }) : misses
    const causes = []
    if (misses.total !== undefined && !isNear(misses.total, 2)) {
      for (const [cause, own] of Object.entries({ flush: { flush }, holds: { toSpteNs, toReleaseNs } }))
        if (isNear((await played(own)).total, 2)) causes.push(cause)
    }
    pairs.push({ from: from.name, to: to.name, misses, filled, causes, tellsFlush: times.flush !== null })
    if (to.second.waits < FEW_WAITS) continue
    // As --times does it: what the recording has told of its host so far, and another one, together.
    const both = workloadOf(to.recording, to.known, { ...PLAIN, times: pooledTimes([to.firstTimes, times]) })
    withFirst.push({ misses: missesOf(await predict(both, { ...RECORDED, fromNs: to.halfNs }), to.second) })
  }
}

const FIGURES = ['share', 'total', 'median', 'others', 'played']
const HEADER = ['recording', 'waits per fault', 'all waits', 'median wait', "others' waits", 'faults played']
const figures = (rows) =>
  table(
    HEADER,
    rows.map(({ name, misses }) => [name, ...FIGURES.map((each) => cell(misses[each]))]),
  )
const matrix = (figure) => {
  const names = recordings.map(({ name }) => name)
  const at = (from, to) => pairs.find((pair) => pair.from === from && pair.to === to)
  return table(
    ['times of \\ played', ...names],
    names.map((from) => [from, ...names.map((to) => (from === to ? '' : cell(at(from, to).misses[figure])))]),
  )
}
const missesSay = () => {
  const missed = pairs.filter(({ misses }) => misses.total !== undefined && !isNear(misses.total, 2))
  const gone = (wanted) => missed.filter(({ causes }) => causes.join() === wanted).length
  return `Of the ${missed.length} pairs whose waits together miss by more than 2, ${gone('flush')} come right with the played recording's own time of a flush,
${gone('holds')} with its own holds, ${gone('flush,holds')} with either, and ${gone('')} with neither alone.`
}
const summary = (label, rows) => [
  label,
  near(rows, 'share'),
  near(rows, 'total'),
  near(rows, 'share', 3),
  near(rows, 'total', 3),
]

process.stdout.write(`# Replays against their recordings

Written by \`npm run cross-validate\`. Every figure is the ratio of the replay to the recorded kernel: 1 is exact, 2 is twice as much. A dash: fewer
than ${FEW_WAITS} waits were recorded. "Others" are notifiers and memslot updaters. Recordings do not contain the duration of an invalidation, so it is not compared.

${table(
  ['times from', 'waits per fault within 2', 'all waits within 2', 'waits per fault within 3', 'all waits within 3'],
  [
    summary('the recording itself', own),
    summary('its first half, for its second', halves),
    summary('all other recordings together', others),
    summary('it and all others together (`--times`)', together),
    summary('another recording', pairs),
    summary(
      'another recording that contains the time of a flush',
      pairs.filter(({ tellsFlush }) => tellsFlush),
    ),
    summary(
      "another recording; the replayed one's own time of a flush if the other has none",
      pairs.map(({ filled }) => ({ misses: filled })),
    ),
    summary('its first half and another recording (as `--times` takes them), for its second half', withFirst),
    summary('no recording (epyc-milan-2s)', general),
  ],
)}

## With the times of the recording itself

${figures(own)}

## With the times of its first half, for its second half

${figures(halves)}

## With the times of all other recordings together

Of distributions and of single numbers the median of the other recordings: what one was disturbed by is not in it.

${figures(others)}

## On a machine that knows nothing of the recording (epyc-milan-2s)

${figures(general)}

## With the times of another recording: waits per fault

${matrix('share')}

## With the times of another recording: all waits together

${matrix('total')}

${missesSay()}
`)

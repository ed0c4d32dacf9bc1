import type { RunTimeline } from '../../bench/result.ts'
import { timelineEvents } from '../chrome-trace/timeline-events.ts'
import { document } from '../chrome-trace/trace-event.ts'
import { type Exporter, fileName, labelsOf, machineOf } from './exporter.ts'

/** The timeline of every CPU, for ui.perfetto.dev: a process for each run with a timeline, a track for each CPU. */
export const chromeTrace: Exporter = {
  name: 'chrome-trace',
  says: 'Trace Event Format, for ui.perfetto.dev: holds, waits, yields, flushes, and the invalidation that caused each retry',
  extension: 'json',
  needs:
    'It needs a result of `bench --timeline 20000` (events to keep for each CPU), with a --duration in which an invalidation begins.',
  files: ({ runs, id }) => {
    const shown = runs.flatMap((run) => (isEmpty(run.timeline) ? [] : [{ run, timeline: run.timeline }]))
    if (shown.length === 0) return []
    const events = shown.flatMap(({ run, timeline }, index) =>
      timelineEvents(timeline, index + 1, `${fileName(labelsOf(run))} on ${machineOf(run)}`),
    )
    return [{ name: 'timeline', text: document(events, { result: id }) }]
  },
}

const isEmpty = (timeline: RunTimeline | undefined): timeline is undefined =>
  timeline === undefined || timeline.cpus.every(({ events }) => events.length === 0)

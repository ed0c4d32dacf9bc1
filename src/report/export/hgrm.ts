import { histogramOf } from '../../bench/hdr.ts'
import { decodedOf, type Exporter, fileName, labelsOf } from './exporter.ts'

const TICKS_PER_HALF_DISTANCE = 5

/** HdrHistogram's percentile distribution in ns, a file for each histogram, for its plotters. */
export const hgrm: Exporter = {
  name: 'hgrm',
  says: 'HdrHistogram percentile distribution, one file per histogram',
  extension: 'hgrm',
  files: ({ runs }) =>
    runs.flatMap((run) =>
      Object.entries(run.histograms).map(([name, { hdr }]) => ({
        name: fileName(labelsOf(run), run.machine, name),
        text: histogramOf(decodedOf(run, name, hdr)).outputPercentileDistribution(TICKS_PER_HALF_DISTANCE, 1),
      })),
    ),
}

import { type Instruments, scenario, type Variant } from '../scenario.ts'
import { keepsWorkers, load, PARAMETERS, PRESETS } from './precheck.ts'

const NONE: Instruments = { oracles: false, recorder: false, lockStatistics: false, lockdep: false }

const watched = (name: string, says: string, instruments: Partial<Instruments>): Variant => ({
  kind: 'good',
  name,
  reference: 'precheck',
  says,
  protocol: 'precheck',
  instruments: { ...NONE, ...instruments },
})

export default scenario({
  name: 'instruments',
  asks: 'Do the oracles, the recorder and the lock statistics slow down the protocol that they watch?',
  mail: null,
  variants: [
    watched('unwatched', 'nothing watches', {}),
    watched('oracles', 'the oracles, as in every trial', { oracles: true }),
    watched('recorder', 'sampled fault latencies, and all invalidations', { recorder: true }),
    watched('lock-statistics', 'acquisitions, waits and holds of every lock', { lockStatistics: true }),
    watched('lockdep', 'the order in which locks are taken', { lockdep: true }),
    watched('all', 'everything, as in the trials for latency', {
      oracles: true,
      recorder: true,
      lockStatistics: true,
      lockdep: true,
    }),
  ],
  headline: ['unwatched', 'oracles'],
  decides: [{ metric: 'faults_per_second', reads: 'faults/s', means: 'how much of the rate is left', claims: 'worse' }],
  notModelled: 'instruments cost nothing in virtual time',
  keepsWorkers,
  hasLatencyTrials: false,
  parameters: PARAMETERS,
  presets: PRESETS,
  load,
})

import type { Result } from '../../bench/result.ts'
import type { Page } from './spec.ts'

/** The information that a reader needs to judge the figures of a result. */
export function provenanceOf({ host, source, createdAt, runs, id }: Result): Page['provenance'] {
  const isMeasured = runs.some(({ kind }) => kind === 'measured')
  const machines = new Map(
    runs.flatMap(({ machine, model }) => (model === undefined ? [] : [[machine, model] as const])),
  )
  return [
    ['result', id],
    ...(isMeasured
      ? ([
          ['measured', createdAt],
          ['host', `${host.cpu}, ${host.cores} cores${host.quota === null ? '' : `, quota ${host.quota}`}`],
          ['system', `${host.os}, kernel ${host.kernel}, Node ${host.node}, V8 ${host.v8}`],
        ] as const)
      : []),
    ...[...machines].map(
      ([name, { profileHash, engineHash }]) =>
        [`modelled machine ${name}`, `profile ${profileHash}, engine ${engineHash}`] as const,
    ),
    ['source', `${source.git ?? 'no git'}${source.dirty === true ? ', with uncommitted changes' : ''}`],
    ...[...new Map(runs.map(({ scenario, definition }) => [scenario, definition]))].map(
      ([scenario, definition]) => [`definition of ${scenario}`, definition] as const,
    ),
  ]
}

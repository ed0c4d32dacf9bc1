import type { Recording } from './recording.ts'

/** What makes a recording less than it seems, in sentences. */
export function doubtsOf({ remarks, clock, notUnderstood, firstNotUnderstood }: Recording): readonly string[] {
  const said = (count: number) => count.toLocaleString('en-US')
  const warnings: string[] = []
  if (remarks.overwritten > 0) {
    warnings.push(
      `${said(remarks.overwritten)} older events were overwritten before they were read: raise buffer_size_kb`,
    )
  }
  if (remarks.gaps > 0) {
    warnings.push(`events were lost in ${said(remarks.gaps)} places, ${said(remarks.lost)} of them counted`)
  }
  if (clock.backwards > 0) {
    warnings.push(`time goes backwards ${said(clock.backwards)} times: several recordings, or not in order`)
  }
  if (notUnderstood > 0) {
    const more = notUnderstood > firstNotUnderstood.length ? ', ...' : ''
    warnings.push(`${said(notUnderstood)} lines were not understood: ${firstNotUnderstood.join(', ')}${more}`)
  }
  return warnings
}

/**
 * What was given cannot be explored, or nothing that came of it could be relied upon: so there is no verdict. A sentence, and
 * what to do about it.
 */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly says: string
  readonly hint: string

  constructor(says: string, hint: string) {
    super(`${says}. ${hint}`)
    this.says = says
    this.hint = hint
  }
}

/**
 * The input cannot be explored, or its result could not be relied upon, so there is no verdict. Has a sentence, and
 * advice.
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

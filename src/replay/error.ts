/** What is wrong with the input, in a sentence for whoever gave it, and what to do next. */
export class ReplayError extends Error {
  readonly hint: string

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ReplayError'
    this.hint = hint
  }
}

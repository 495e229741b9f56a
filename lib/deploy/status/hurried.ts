import { Kubectl, type Outcome, type RunOptions } from "../kubectl";

/** The same kubectl, whose commands end after so many seconds. */
export class Hurried extends Kubectl {
  constructor(
    private readonly patient: Kubectl,
    private readonly seconds: number,
  ) {
    super(patient.env, patient.namespace, patient.pinned);
  }

  override in(namespace: string): Hurried {
    return new Hurried(this.patient.in(namespace), this.seconds);
  }

  override try(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return this.patient.try(args, { seconds: this.seconds, ...options });
  }
}

import { Kubectl, type Outcome, type RunOptions } from "../kubectl";

/** The same kubectl, whose commands end after so many seconds. None begins after `signal`. */
export class Hurried extends Kubectl {
  constructor(
    private readonly patient: Kubectl,
    private readonly seconds: number,
    private readonly signal?: AbortSignal,
  ) {
    super(patient.env, patient.namespace, patient.pinned);
  }

  override in(namespace: string): Hurried {
    return new Hurried(this.patient.in(namespace), this.seconds, this.signal);
  }

  override async try(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    this.signal?.throwIfAborted();
    return await this.patient.try(args, { seconds: this.seconds, ...options });
  }
}

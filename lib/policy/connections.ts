/** A connection that the network policies must allow. It is judged for those of its pods that are among the objects. */
export interface Connection {
  /** `app` label of the pods that open it. */
  readonly from: string;
  /** `app` label of the pods that accept it, or pods of other software. */
  readonly to: string | OutsidePods;
  readonly port: Port;
  /** Namespace of `from`. @default the namespace of `to` */
  readonly fromNamespace?: string;
}

/** Pods of other software, which are not among the objects, e.g. the cluster's DNS. */
export interface OutsidePods {
  readonly namespace: string;
  readonly labels: readonly (readonly [string, string])[];
}

/** A port of the accepting pods. */
export interface Port {
  readonly number: number;
  readonly protocol: "TCP" | "UDP";
}

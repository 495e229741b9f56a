import { ConfigMap } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import { type AppConfig, PATHS } from "../contract";
import { toYaml } from "../synth/yaml";
import { stageLabels } from "./labels";
import { leaveOut } from "./leave-out";

/** Name of the ConfigMap that every DiabRisk service reads. */
export const APP_CONFIG = "app-config";

const FILE = PATHS.config.slice(PATHS.config.lastIndexOf("/") + 1);

/** Renders the text of the mounted file. */
export const appConfigText = (config: AppConfig) => toYaml([{ ...config, services: { ...config.services } }]);

/** One mounted YAML file with service URLs, session lifetimes and the log level. Holds no secret. */
export class AppConfigMap extends ConfigMap {
  constructor(scope: Construct, config: AppConfig) {
    super(scope, APP_CONFIG, {
      metadata: { name: APP_CONFIG, labels: stageLabels("configuration") },
      data: { [FILE]: appConfigText(config) },
    });
    leaveOut(this, "/immutable");
  }
}

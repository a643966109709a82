/** The second file: the steps after the first, and what only they are drawn with. `later-screens.ts` loads it. */

import { ConfigStep } from "./steps/config";
import { DatasetStep } from "./steps/dataset";
import { DeployStep } from "./steps/deploy";
import styles from "./styles/later.css";

export const screens = { config: ConfigStep, dataset: DatasetStep, deploy: DeployStep };
export { styles };

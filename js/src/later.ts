/** The second file: the steps after the first, and what only they are drawn with. `later-screens.ts` loads it. */

import { DetailsPanel } from "./components/details-panel";
import { FilterPanel } from "./components/filter-panel";
import { ImportPanel } from "./components/import-panel";
import { ConfigStep } from "./steps/config";
import { DatasetStep } from "./steps/dataset";
import { DeployStep } from "./steps/deploy";
import styles from "./styles/later.css";

export const screens = { config: ConfigStep, dataset: DatasetStep, deploy: DeployStep };
export const panels = { Details: DetailsPanel, Filters: FilterPanel, Import: ImportPanel };
export { styles };

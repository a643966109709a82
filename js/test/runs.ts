/** Runs as a kernel tells them: at work, stopped, failed. */

import type { RunView } from "../src/wire";
import { act, finding, GIB } from "./samples";

const curve = Array.from({ length: 40 }, (_, at) => ({
  step: at * 10 + 10,
  loss: 2.4 - at * 0.025,
  eval_loss: at % 20 === 19 ? 2.3 - at * 0.02 : null,
}));

export const training: RunView = {
  id: "support-bot-v1-20261124-101500-ab12",
  name: "support-bot-v1",
  launcher: "local",
  status: "training",
  words: "Training",
  note: "",
  over: false,
  can_resume: false,
  attempt: 1,
  step: 418,
  total: 1125,
  seconds_left: 3480,
  seconds_per_step: 4.9,
  tokens_per_second: 2140,
  loss: 1.31,
  eval_loss: 1.34,
  learning_rate: 1.7e-4,
  epoch: 0.37,
  ram_peak_bytes: 4 * GIB,
  gpu_peak_bytes: 11.1 * GIB,
  estimate_bytes: 11.3 * GIB,
  checkpoint: "checkpoint-400",
  output: "/home/ada/packages/support-bot-v1/output/run",
  log_path: "/home/ada/.local/state/trainpkg_widgets/runs/run/log.txt",
  url: "",
  curve,
  findings: [],
  progress: null,
  progress_words: "",
};

export const stopped: RunView = {
  ...training,
  status: "stopped",
  words: "Stopped",
  over: true,
  can_resume: true,
  checkpoint: "checkpoint-418",
  seconds_left: null,
};

export const failed: RunView = {
  ...stopped,
  status: "failed",
  words: "Failed",
  findings: [
    finding("deploy", "error", "The run needed more memory than there is.", {
      code: "out-of-memory",
      evidence: "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.50 GiB.",
      fix: act("2 rows at a time", "configure", { batch_size: 2, accumulation: 8 }),
    }),
  ],
};

export const starting: RunView = {
  ...training,
  status: "preparing",
  words: "Making its environment",
  step: null,
  total: null,
  seconds_left: null,
  tokens_per_second: null,
  loss: null,
  eval_loss: null,
  learning_rate: null,
  gpu_peak_bytes: null,
  ram_peak_bytes: null,
  curve: [],
};

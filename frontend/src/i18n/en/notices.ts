export const notices = {
  maybeIncomplete: "The connection was cut while this ran: some output may be missing here.",
  tooFast:
    "The Jupyter server dropped output here because it came too fast: some lines are missing. To get all of them, print less often, or start the server with --ServerApp.iopub_msg_rate_limit=0 --ServerApp.iopub_data_rate_limit=0, or use runhere-runtime, which drops none.",
  kernelDropped:
    "The kernel dropped output of this cell because the Jupyter server did not take it in time: some lines above are missing. To get all of them, print less often, or use runhere-runtime, which drops none.",
} as const;

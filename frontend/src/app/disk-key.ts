/** Where this browser keeps that a notebook is at home in a file on a runtime's disk. Apart from what is done with it: every notebook asks. */
export const DISK_PREFIX = "runhere.disk:";

/** What the hub says of a bound notebook's file, by the codes of SPEC 2.7. English readers get the hub's own sentences. */
export const fileNotes = {
  cells_twice:
    "{cells} cells were changed here and in the file in different ways. Both versions are kept, one behind the other; delete the one that you do not want.",
  outputs_lost:
    "A part of the outputs of {cells} cells is missing from the hub’s store; the file keeps what it had. Run them again.",
  metadata_kept: "Metadata was changed here and in the file in different ways; what was set here is kept.",
  conflict_markers:
    "The file has git’s conflict markers (<<<<<<<, =======, >>>>>>>), from line {line} on. Resolve the conflict, with git for example.",
  invalid_at: "Something is wrong in line {line}, column {column}. It is written again once that is mended.",
  invalid_notebook: "It is JSON, but not of a notebook’s shape. It is written again once that is mended.",
  old_format: "It has the old format {format}. It is written again once it is of format 4.",
  no_file: "It is not a regular file.",
  too_large: "It is larger than {mib} MiB.",
  no_text: "It is not UTF-8 text: byte {byte} is not.",
  not_allowed: "The hub may not read it.",
  not_read: "The disk answered with an error.",
} as const;

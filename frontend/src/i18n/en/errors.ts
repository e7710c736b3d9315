/** One text per error code of the hub that a person can do something about; others show the hub's own message. */
export const errors = {
  hub_unreachable: "The hub does not answer. Is “runhere” still running in its terminal?",
  signed_out:
    "You are signed out. Run “runhere login” in a terminal for a new link (in a clone of Runhere, “make login”).",
  cross_site: "The hub refused this because it seemed to come from another site. Reload the page and try again.",
  too_many: "Too many tries in a short time. Wait a minute, then try again.",
  too_costly: "You have asked the hub for so much work that others go first now. Wait a minute, then try again.",
  too_large: "This file is larger than 50 MB, the most the hub takes.",
  not_found: "It is not there any more. Somebody may have moved or deleted it.",
  missing: "The file is not there any more. It may have been moved or deleted outside Runhere.",
  unreadable: "The file cannot be read. Check its permissions.",
  read_only: "This folder cannot be written to. Check its permissions.",
  disk_full: "The disk of the hub is full. Free some space, then try again.",
  conflict: "There is already a file with this name in this folder.",
  user_name_taken: "Somebody has this user name already. Choose another one.",
  last_administrator: "This is the last administrator. Make another one first.",
  owner_already: "This is the owner already.",
  too_many_links: "There are as many links as there may be. Withdraw one first.",
  too_many_comments: "There are as many comments in this notebook as there may be. Delete some first.",
  holds_bound_folder: "This folder holds another bound folder. It keeps its place.",
  database_damaged: "The hub’s database is damaged. It was left as it is; its terminal says how to go on.",
  database_unavailable: "The hub cannot use its database now. Its terminal says why.",
  unavailable: "The hub could not do this now. Try again in a moment.",
  forbidden: "You may not do this.",
  invalid: "The hub did not understand this. Reload the page and try again.",
  unexpected_answer:
    "The hub’s answer could not be understood. Something between this browser and the hub may be changing it.",
  runtime_unreachable: "The runtime does not answer.",
  runtime_refused_token: "The runtime did not accept the token.",
  runtime_not_found: "It is not there any more on the runtime’s machine.",
  runtime_failed: "The runtime could not do this.",
  journal_on:
    "Nothing was run: outputs of this notebook stay at home, and the hosted runtime did not turn its journal off. Try again, restart the hosted runtime, or connect to a runtime of your own.",
  insecure_page:
    "Nothing was run: this page came over plain http, and the browser then withholds what checks code before it runs. Open the hub by https, or on the machine it runs on.",
  browser_full:
    "This browser takes no more for this site: its storage is full. Your work goes on and is saved on the hub, but after a reload this page may not find its runtime and running cells by itself. Delete data of other sites in the browser’s settings, or free space on the disk.",
  something: "It did not work: {message}",
} as const;

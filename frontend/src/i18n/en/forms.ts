/** Fields of a form whose code is hidden. */
export const forms = {
  other: "{name}: another value",
  notTaken: "This is no value for this field. The code keeps {value}.",
} as const;

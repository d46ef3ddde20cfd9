/** The version of this client: the minor release of the API that it was made from, and its own number. */
export const version = "1.36.0";

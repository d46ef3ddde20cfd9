/** The version of this client: the API's minor release and a patch number of its own. */
export const version = "1.36.0";

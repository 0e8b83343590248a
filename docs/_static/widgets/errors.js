export class ReaderError extends Error {}

/** What to tell a reader of an error; one that was not foreseen also goes to the console. */
export function wordsOf(error) {
  if (error instanceof ReaderError) return error.message;
  console.error(error);
  return `This went wrong: ${error.message}`;
}

/** What a text in JSON says, or something else if it cannot be read. */
export function parsed(text, otherwise) {
  try {
    return JSON.parse(text) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Fetch a file, and tell a reader if it does not come, with an advice; `lost` tells it later. */
export async function fetchFile(url, advice) {
  const title = new URL(url, location.href).pathname.split("/").pop();
  const lost = () => {
    throw new ReaderError(`The file ${title} did not come. Are you still connected? ${advice}`);
  };
  const answer = await fetch(url).catch(lost);
  if (!answer.ok) throw new ReaderError(`The file ${title} did not come: the server says ${answer.status}.`);
  return { answer, title, lost };
}

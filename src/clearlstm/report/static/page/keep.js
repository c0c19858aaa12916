// A file that was made here or by the server, handed to the browser, which asks where to keep it.

/** @param {{blob: Blob, name: string}} file */
export function keep({ blob, name }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

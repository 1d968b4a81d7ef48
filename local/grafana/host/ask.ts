export const askJson = async (path: string, init?: RequestInit): Promise<unknown> => (await fetch(path, init)).json();

export const signIn = (person: string): Promise<unknown> =>
  askJson("/control/sign-in", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ person }),
  });

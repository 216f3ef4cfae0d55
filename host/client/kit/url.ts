/**
 * The address as the browser will read it, relative to the host, if its scheme is allowed: http, https, and for links
 * mailto and tel, for pictures data:image. `undefined` for every other one.
 */
export function safeUrl(raw: unknown, base: string, picture?: boolean): string | undefined {
  if (typeof raw != "string" || !raw.trim()) return;
  try {
    const { href } = new URL(raw, base);
    const allowed = picture ? /^(https?:|data:image\/[\w.+-]+[;,])/i : /^(https?|mailto|tel):/i;
    return allowed.test(href) ? href : undefined;
  } catch {
    return;
  }
}

// Networks as an administrator writes them: `203.0.113.0/24`, `2001:db8::/32`, or one address.
//
// Not for: access rules; all that is asked here is where a client comes from.

/** The network that a text names; an error names the text that is none. */
export function network(text) {
  const [address, prefix, ...rest] = text.split("/");
  const octets = octetsOf(address);
  if (octets === null) throw new Error(`\`${text}\` is no IP address or network`);
  const most = octets.length * 8;
  if (prefix === undefined) return { octets, bits: most };
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > most) {
    throw new Error(`\`${text}\` has no prefix of 0 to ${most} bits`);
  }
  return { octets, bits: Number(prefix) };
}

/** Whether a client's address is in a network. A text that is no address is nowhere. */
export function contains({ octets, bits }, client) {
  const address = canonical(octetsOf(client));
  if (address?.length !== octets.length) return false;
  return octets.every((octet, index) => {
    const unused = Math.min(8, Math.max(0, (index + 1) * 8 - bits));
    return (octet ^ address[index]) >> unused === 0;
  });
}

/** The same client seen through an IPv6 socket: `::ffff:203.0.113.9`. */
function canonical(octets) {
  const mapped = octets?.length === 16 && octets.slice(0, 10).every((octet) => octet === 0) && octets[10] === 255 && octets[11] === 255;
  return mapped ? octets.slice(12) : octets;
}

/** The 4 or 16 octets of an address (RFC 4291, section 2.2), or null. */
function octetsOf(text) {
  return text.includes(":") ? octetsOf6(text) : octetsOf4(text);
}

function octetsOf4(text) {
  const parts = text.split(".");
  const good = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return good ? parts.map(Number) : null;
}

function octetsOf6(text) {
  const end = text.slice(text.lastIndexOf(":") + 1);
  if (end.includes(".")) {
    const octets = octetsOf4(end);
    if (octets === null) return null;
    const [a, b, c, d] = octets;
    text = text.slice(0, -end.length) + [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(":");
  }
  const halves = text.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const zeros = 8 - halves.flat().length;
  if (halves.length > 2 || (halves.length === 2 ? zeros < 1 : zeros !== 0)) return null;
  const groups = halves.length === 2 ? [...halves[0], ...Array(zeros).fill("0"), ...halves[1]] : halves[0];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return groups.map((group) => parseInt(group, 16)).flatMap((group) => [group >> 8, group & 255]);
}

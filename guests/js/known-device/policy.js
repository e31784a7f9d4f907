// Lets users in from devices that are registered for them, and registers the first ones.
//
// Not for: proving anything about a device. The client chooses what it sends as its hardware address.

import { write as log } from "vestibule:policy/log";
import { contains } from "./network.js";
import * as settings from "./settings.js";

/** The user's properties with devices: this one and, from 2 on, those with a number at the end. */
const SLOT = "pvt_hw_addr";

export function manifest() {
  return {
    name: "known-device",
    version: "1.0.0",
    description: "Lets users in from devices that are registered for them",
    groupSelect: false,
    authNull: false,
    retainPassword: false,
    staticChallenge: null,
    x509Track: [],
    wantsDirectory: false,
    wantsHttp: [],
    wantsProperties: [`${SLOT}*`],
    settings: settings.described,
  };
}

/** What is thrown here is the error of the contract: its message goes to the log, and the login is denied. */
export function postAuth(login) {
  // A browser has no hardware address, and no tunnel to protect.
  return login.attributes.vpnAuth ? decide(login) : allow(login);
}

/** Decides on a VPN login. A re-authentication is checked like the first one. */
function decide(login) {
  const { authcred, authret, info } = login;
  const given = settings.read();
  if (info.authMethod === "autologin" && !given.checkAutologin) return allow(login);
  if (info.authMethod === "session" && !given.checkSession) return allow(login);

  const address = normalised(authcred.clientHwAddr ?? "");
  if (address === "") {
    if (given.withoutAddress === "allow") return allow(login);
    return deny(login, "without_address_text", "the client sends no hardware address");
  }

  const known = devices(authret.proplist);
  if ([...known.values()].includes(address)) return allow(login);

  const unknown = `device \`${address}\` of \`${authret.user}\` is unknown and`;
  if (given.registration === "manual") {
    return deny(login, "unknown_text", `${unknown} registration is manual`);
  }
  if (known.size >= given.maxDevices) {
    return deny(login, "unknown_text", `${unknown} ${known.size} of ${given.maxDevices} devices are registered`);
  }
  if (!isNear(given.registrationNetworks, authcred.clientIpAddr)) {
    const client = authcred.clientIpAddr ?? "an unknown address";
    return deny(login, "elsewhere_text", `${unknown} \`${client}\` is not within \`registration_networks\``);
  }

  const slot = firstFree(known);
  log("info", "a device is registered", [["user", authret.user], ["slot", slot], ["address", address]]);
  return allow(login, { [slot]: address });
}

/** Changes nothing about the login, and stores these properties. */
function allow({ authret }, saves = {}) {
  return { authret, proplistSave: Object.entries(saves) };
}

/** Tells the user what the setting `text` holds, and the log why. */
function deny({ authret }, text, reason) {
  return { authret: { ...authret, status: "fail", reason, clientReason: settings.text(text) }, proplistSave: [] };
}

/** The user's devices by the number of their slot. Slots beyond `max_devices` count: an administrator may have filled them. */
function devices(proplist) {
  const known = new Map();
  for (const [name, address] of proplist) {
    const slot = /^pvt_hw_addr([1-9]\d*)?$/.exec(name);
    if (slot && slot[1] !== "1" && address.trim() !== "") known.set(Number(slot[1] ?? 1), normalised(address));
  }
  return known;
}

function firstFree(known) {
  let number = 1;
  while (known.has(number)) number += 1;
  return number === 1 ? SLOT : `${SLOT}${number}`;
}

function isNear(networks, client) {
  return networks.length === 0 || (client != null && networks.some((network) => contains(network, client)));
}

/** One spelling for all that mean the same device: a MAC in lower case with colons, anything else in lower case. */
function normalised(text) {
  const address = text.trim().toLowerCase();
  const groups = address.split(/[:.-]/);
  const digits = groups.join("");
  const isMac = /^[0-9a-f]{12}$/.test(digits) && groups.every((group) => [2, 4, 12].includes(group.length));
  return isMac ? digits.match(/../g).join(":") : address;
}

// What an administrator can set, and how it is read.
//
// Not for: decisions. Defaults stand in the manifest alone; the host fills them in.

import { get } from "vestibule:policy/config";
import { network } from "./network.js";

/** The most slots: `pvt_hw_addr` to `pvt_hw_addr99`. */
const MAX_DEVICES = 99;

/** The settings as the manifest lists them. */
export const described = [
  setting("max_devices", "How many devices a user may have, 1 to 99", "1"),
  setting(
    "registration",
    "`automatic`: the first devices of a user are registered; `manual`: an administrator does it",
    "automatic",
  ),
  setting(
    "registration_networks",
    "IP addresses and networks from which devices are registered, with commas between them; empty for any",
    "",
  ),
  setting("without_address", "What happens to a client that sends no hardware address: `deny` or `allow`", "deny"),
  setting("check_autologin", "Whether logins by certificate alone are checked: `true` or `false`", "true"),
  setting("check_session", "Whether clients that present a session token are checked: `true` or `false`", "true"),
  setting(
    "unknown_text",
    "What the user of an unknown device is told",
    "This device is not registered for you. Please ask your administrator.",
  ),
  setting(
    "elsewhere_text",
    "What the user is told who may not register a device from where it is",
    "A new device cannot be registered from here.",
  ),
  setting(
    "without_address_text",
    "What the user is told whose client sends no hardware address",
    "Your VPN client does not say which device this is. Please use another client.",
  ),
];

function setting(name, description, defaultValue) {
  return { name, description, defaultValue, secret: false };
}

/** The settings of this call; an error names the one that is wrong. */
export function read() {
  return {
    maxDevices: number("max_devices", 1, MAX_DEVICES),
    registration: choice("registration", "automatic", "manual"),
    registrationNetworks: networks("registration_networks"),
    withoutAddress: choice("without_address", "deny", "allow"),
    checkAutologin: choice("check_autologin", "true", "false") === "true",
    checkSession: choice("check_session", "true", "false") === "true",
  };
}

export function text(name) {
  const value = get(name);
  if (value == null) throw new Error(`setting \`${name}\` is not set`);
  return value;
}

function choice(name, one, other) {
  const value = text(name);
  if (value !== one && value !== other) {
    throw new Error(`setting \`${name}\` is \`${value}\`: expected \`${one}\` or \`${other}\``);
  }
  return value;
}

function number(name, least, most) {
  const value = text(name);
  if (!/^\d{1,9}$/.test(value) || Number(value) < least || Number(value) > most) {
    throw new Error(`setting \`${name}\` is \`${value}\`: not within ${least} to ${most}`);
  }
  return Number(value);
}

function networks(name) {
  const parts = text(name).split(",").map((part) => part.trim()).filter((part) => part !== "");
  try {
    return parts.map(network);
  } catch (error) {
    throw new Error(`setting \`${name}\`: ${error.message}`);
  }
}
